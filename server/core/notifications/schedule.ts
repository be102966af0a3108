/** When a notification is due, and when a `cron` schedule comes round again. */
import { Cron } from 'croner';

/** The members of `system.notify` that say when; the schema has checked their form. */
export interface When {
  readonly at?: string | undefined;
  readonly in_seconds?: number | undefined;
  readonly cron?: string | undefined;
}

export type DueTime =
  | { readonly ok: true; readonly dueAtMs: number; readonly cron: string | null }
  /** Which member is wrong (a JSON pointer) and why. */
  | { readonly ok: false; readonly path: string; readonly message: string };

const DATE_TIME = /^(\d{4})-(\d\d)-(\d\d)T([01]\d|2[0-3]):/;

/** RFC 3339 section 5.6, in milliseconds since the epoch; null for what is no time, 30 February too. */
const parseTimestamp = (text: string): number | null => {
  const upper = text.toUpperCase();
  const [, year, month, day] = DATE_TIME.exec(upper) ?? [];
  // JavaScript takes 30 February for 2 March.
  if (new Date(Date.UTC(Number(year), Number(month) - 1, Number(day))).getUTCDate() !== Number(day)) {
    return null;
  }
  const ms = Date.parse(upper);
  return Number.isNaN(ms) ? null : ms;
};

/**
 * The first time after `afterMs` that a schedule of five fields names. Null where there is none
 * (30 February) or it is no schedule.
 *
 * @param timezone an IANA name; empty: the system's
 */
export const nextRunMs = (cron: string, timezone: string, afterMs: number): number | null => {
  try {
    const schedule = new Cron(cron, { mode: '5-part', ...(timezone === '' ? {} : { timezone }) });
    return schedule.nextRun(new Date(afterMs))?.getTime() ?? null;
  } catch {
    return null;
  }
};

/** When a new notification is due: at once where `when` says nothing, or names a time that has passed. */
export const dueTime = (when: When, timezone: string, wallMs: number): DueTime => {
  const { at, in_seconds: inSeconds, cron } = when;
  if ([at, inSeconds, cron].filter((member) => member !== undefined).length > 1) {
    return { ok: false, path: '', message: 'must have at most one of at, in_seconds and cron' };
  }
  if (at !== undefined) {
    const atMs = parseTimestamp(at);
    if (atMs === null) return { ok: false, path: '/at', message: 'must be a time that exists' };
    return { ok: true, dueAtMs: Math.max(atMs, wallMs), cron: null };
  }
  if (cron !== undefined) {
    const dueAtMs = nextRunMs(cron, timezone, wallMs);
    if (dueAtMs === null) {
      return { ok: false, path: '/cron', message: 'must be a schedule of five fields that comes round' };
    }
    return { ok: true, dueAtMs, cron };
  }
  return { ok: true, dueAtMs: wallMs + Math.round((inSeconds ?? 0) * 1000), cron: null };
};
