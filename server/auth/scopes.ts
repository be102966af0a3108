/** What tokens may do and for how long, as people write it (protocol sections 3 and 9). */
import type { Scope } from '../../schemas/define.js';

/** Keyed by every scope, so that the compiler notices one that is missing here or gone from the table. */
const EVERY_SCOPE: Readonly<Record<Scope, true>> = {
  chat: true,
  channels: true,
  memory: true,
  skills: true,
  status: true,
  admin: true,
};

/** Every scope, in the order of the protocol. */
export const ALL_SCOPES: readonly Scope[] = Object.keys(EVERY_SCOPE) as Scope[];

/** What a token made without `--scopes` may do: everything but `admin`. */
export const DEFAULT_SCOPES: readonly Scope[] = ALL_SCOPES.filter((scope) => scope !== 'admin');

export const isScope = (text: string): text is Scope => Object.hasOwn(EVERY_SCOPE, text);

/** A name, scope or duration that cannot be used; `message` is one sentence for the person who wrote it. */
export class AuthInputError extends Error {
  override readonly name = 'AuthInputError';
}

/**
 * Parses a comma-separated list such as `chat,status`. Spaces around a scope are ignored, repetitions
 * dropped; the answer is in the order of {@link ALL_SCOPES}.
 *
 * @throws AuthInputError where the list is empty or names something that is no scope.
 */
export const parseScopes = (text: string): readonly Scope[] => {
  const wanted = new Set<Scope>();
  for (const part of text.split(',')) {
    const scope = part.trim();
    if (!isScope(scope)) {
      throw new AuthInputError(
        `There is no scope ${JSON.stringify(scope)}: give one or more of ${ALL_SCOPES.join(',')}.`,
      );
    }
    wanted.add(scope);
  }
  return ALL_SCOPES.filter((scope) => wanted.has(scope));
};

const UNIT_MS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Ten years. Longer is a token without an end, which is what leaving `--expires` out says. */
const MAX_DURATION_MS = 3650 * 86_400_000;

/**
 * Parses a positive whole number with its unit, `90s`, `45m`, `12h` or `30d`, into milliseconds
 * (1 000 to ten years).
 *
 * @throws AuthInputError for anything else.
 */
export const parseDurationMs = (text: string): number => {
  const match = /^(\d{1,10})([smhd])$/.exec(text);
  const durationMs = Number(match?.[1] ?? 0) * (UNIT_MS[match?.[2] ?? ''] ?? 0);
  if (durationMs < 1000 || durationMs > MAX_DURATION_MS) {
    throw new AuthInputError(
      `${JSON.stringify(text)} is no duration: write a number with its unit, such as 30d, 12h, 45m or 90s, up to 3650d.`,
    );
  }
  return durationMs;
};
