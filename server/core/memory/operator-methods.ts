/** The operator's part of `memory.*` (protocol section 4): looking after the store while it is in use. */
import { PROTOCOL } from '../../../schemas/codes.js';
import type { Params, Result } from '../../../schemas/methods.js';
import type { ImportedChannel, MemoryOperator, MemoryProblem } from '../../backends/memory/port.js';
import { timestamp } from '../channels/methods.js';
import { type Failure, fail } from '../rpc/failure.js';
import type { Clock } from '../time/clock.js';

/** The methods of this file. */
export type OperatorMethod =
  | 'memory.stats'
  | 'memory.backup'
  | 'memory.export'
  | 'memory.import'
  | 'memory.vacuum'
  | 'memory.check';

/** None of them depends on who asks: the scope alone says who may. */
export type OperatorMethods = {
  readonly [N in OperatorMethod]: (asker: unknown, params: Params<N>) => Promise<Result<N> | Failure>;
};

export interface OperatorOptions {
  readonly memory: MemoryOperator;
  readonly clock: Pick<Clock, 'nowMs' | 'wallMs'>;
  /** Whether the reply to a message is being worked on, or waits to be. */
  readonly isRunning: (principal: string, messageId: string) => Promise<boolean>;
  /** A channel has come into the store. */
  readonly onImported: (channel: ImportedChannel) => Promise<void>;
}

const DEFAULT_PAGE = 500;
/** What a message may wait behind: some milliseconds of moving pages, or of storing and indexing lines. */
const VACUUM_PAGES = 256;
const IMPORT_LINES = 50;
const IMPORT_CHARS = 64 * 1024;
/** A reply that stands open for no longer may have begun or ended while the check looked. */
const SETTLED_MS = 60_000;

const ADVICE: Readonly<Record<MemoryProblem['check'] | 'open_replies', string>> = {
  integrity:
    'Stop the gateway and put a backup in the place of openclaw.db; what can still be read, `openclaw memory export` reads.',
  foreign_keys:
    'Stop the gateway and put a backup in the place of openclaw.db, or import an export into an empty home.',
  index:
    'The messages are whole and only searching is not: stop the gateway, export, move openclaw.db away, and import.',
  open_replies: 'Restart the gateway: it ends what nobody runs.',
};

/** In order, each small enough to be stored at once. */
function* inParts(lines: readonly string[]): Generator<readonly string[]> {
  let part: string[] = [];
  let chars = 0;
  for (const line of lines) {
    if (part.length === IMPORT_LINES || (part.length > 0 && chars + line.length > IMPORT_CHARS)) {
      yield part;
      part = [];
      chars = 0;
    }
    part.push(line);
    chars += line.length;
  }
  yield part;
}

const strayText = (stray: number): string =>
  stray === 1
    ? '1 reply stands open though nobody runs it'
    : `${stray} replies stand open though nobody runs them`;

export const operatorMethods = (options: OperatorOptions): OperatorMethods => {
  const { memory, clock, isRunning, onImported } = options;

  /** Replies that stand open in the store and that nobody will end. */
  const countStray = async (open: Awaited<ReturnType<MemoryOperator['check']>>['openReplies']) => {
    let stray = 0;
    for (const { principal, messageId, createdAtMs } of open) {
      if (createdAtMs > clock.wallMs() - SETTLED_MS) continue;
      if (!(await isRunning(principal, messageId))) stray += 1;
    }
    return stray;
  };

  return {
    'memory.stats': async () => {
      const stats = await memory.stats();
      const time = (atMs: number | null) => (atMs === null ? null : timestamp(atMs));
      return {
        schema_version: stats.schemaVersion,
        database_bytes: stats.databaseBytes,
        log_bytes: stats.logBytes,
        free_bytes: stats.freeBytes,
        principals: stats.principals,
        channels: stats.channels,
        messages: stats.messages,
        open_replies: stats.openReplies,
        notifications: stats.notifications,
        oldest_message_at: time(stats.oldestMessageAtMs),
        newest_message_at: time(stats.newestMessageAtMs),
      };
    },

    'memory.backup': async (_asker, { name, replace }) => {
      const startMs = clock.nowMs();
      const chosen = name ?? `openclaw-${timestamp(clock.wallMs()).replaceAll(':', '')}.db`;
      const backup = await memory.backup(chosen, replace ?? false);
      switch (backup.outcome) {
        case 'exists':
          return fail('invalidRequest', { reason: `there is a backup ${chosen} already; give another name` });
        case 'damaged':
          return fail('invalidRequest', {
            reason: `the copy is not sound (${backup.problem}), so there is none; memory.check says what to do`,
          });
        case 'written': {
          const { path, bytes, channels, messages } = backup;
          return { path, bytes, channels, messages, duration_ms: Math.round(clock.nowMs() - startMs) };
        }
      }
    },

    'memory.export': async (_asker, { principal, channel, after, limit }) => {
      const page = await memory.exportLines({
        principal: principal ?? null,
        channel: channel ?? null,
        after: after ?? null,
        limit: limit ?? DEFAULT_PAGE,
        maxBytes: PROTOCOL.maxExportPageBytes,
      });
      if (page === 'invalid-cursor') {
        const message = 'is not the next of an earlier page';
        return fail('invalidParams', { errors: [{ path: '/after', message }] });
      }
      return { lines: [...page.lines], next: page.next };
    },

    'memory.import': async (_asker, { lines }) => {
      const sum = { imported: 0, skipped: 0, errors: [] as { line: number; message: string }[] };
      let done = 0;
      for (const some of inParts(lines)) {
        const part = await memory.importLines(some, PROTOCOL.maxChannelsPerPrincipal);
        sum.imported += part.imported;
        sum.skipped += part.skipped;
        for (const { line, message } of part.errors) sum.errors.push({ line: done + line, message });
        for (const channel of part.channels) await onImported(channel);
        done += some.length;
      }
      return sum;
    },

    'memory.vacuum': async () => {
      let freed = 0;
      for (;;) {
        const { databaseBytes, freedBytes } = await memory.vacuum(VACUUM_PAGES);
        freed += freedBytes;
        if (freedBytes === 0) return { database_bytes: databaseBytes, freed_bytes: freed };
      }
    },

    'memory.check': async () => {
      const startMs = clock.nowMs();
      const { problems, openReplies } = await memory.check();
      const stray = await countStray(openReplies);
      const found = [
        ...problems,
        ...(stray === 0 ? [] : [{ check: 'open_replies' as const, message: strayText(stray) }]),
      ];
      return {
        ok: found.length === 0,
        problems: found.map((problem) => ({ ...problem, advice: ADVICE[problem.check] })),
        duration_ms: Math.round(clock.nowMs() - startMs),
      };
    },
  };
};
