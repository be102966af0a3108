/**
 * Group commit: many calls, one transaction, one sync of the disk. A sync costs about the same
 * for one message as for a thousand, so the busier the gateway, the cheaper each write.
 */
import type { Database, Statement } from 'better-sqlite3';
import { causeOf, isLocked, watchFile } from './faults.js';
import { LOCK_IMPATIENCE_MS, LOCK_PATIENCE_MS } from './locks.js';
import { type Answer, type Call, type Commit, MAX_GROUP_CHARS, type Operations, weigh } from './messages.js';
import { monotonicMs } from './pace.js';

/** Calls that write nothing: a group of them alone takes no write lock. */
const READS: ReadonlySet<Call[0]> = new Set<Call[0]>([
  'listChannels',
  'findReply',
  'history',
  'recall',
  'nextToSummarize',
  'search',
  'listNotifications',
  'tokensLastUsed',
  'exportLines',
]);

/** What can be answered by a store that cannot be written: a principal that is known is only read. */
const ANSWERED_UNWRITTEN: ReadonlySet<Call[0]> = new Set<Call[0]>([...READS, 'openPrincipal']);

/** `Call` pairs each name with its own arguments; over a union of names the compiler cannot see that. */
type Untyped = (...args: readonly unknown[]) => unknown;

/** What became of a transaction: committed, or nothing of it happened. */
type Outcome =
  | { readonly answers: readonly Answer[] }
  /** `in`: whether a call failed, or the beginning or the end, which no other try would help. */
  | { readonly error: unknown; readonly in: 'call' | 'transaction' };

const refusal = ([name]: Call, cause: string): Answer => ({ error: `memory ${name} failed: ${cause}` });

/** Runs calls in transactions. Nothing it answers can be undone by a later crash. */
export class GroupCommit {
  readonly #db: Database;
  readonly #store: Operations;
  readonly #onError: (error: unknown) => void;
  /** SQLite goes on writing into a file that has been deleted. */
  readonly #checkPlace: () => void;
  readonly #begin: Statement<[]>;
  readonly #beginWriting: Statement<[]>;
  readonly #commit: Statement<[]>;
  readonly #rollback: Statement<[]>;
  #patienceMs = 0;
  #commits: Commit[] = [];

  /** @param onError hears of every error that calls were answered with */
  constructor(db: Database, store: Operations, onError: (error: unknown) => void) {
    this.#db = db;
    this.#store = store;
    this.#onError = onError;
    this.#checkPlace = watchFile(db.name);
    this.#begin = db.prepare('BEGIN');
    this.#beginWriting = db.prepare('BEGIN IMMEDIATE');
    this.#commit = db.prepare('COMMIT');
    this.#rollback = db.prepare('ROLLBACK');
    this.#bePatient(LOCK_PATIENCE_MS);
  }

  /**
   * Runs `calls` (at least one) in order in one transaction and returns their answers after the
   * commit. Stops early, with fewer answers than calls, where the answers reach
   * {@link MAX_GROUP_CHARS}: run the rest as a group of its own.
   *
   * A call that fails changes nothing and fails alone. Where the transaction itself fails, every
   * write of the group does; what only reads is read again without it. Never throws.
   */
  run(calls: readonly Call[]): readonly Answer[] {
    const writing = calls.some(([name]) => !READS.has(name));
    const outcome = this.#transact(calls, writing);
    if ('answers' in outcome) {
      if (writing) this.#bePatient(LOCK_PATIENCE_MS);
      return outcome.answers;
    }
    const { error } = outcome;
    if (outcome.in === 'call') {
      const [first] = calls;
      if (calls.length === 1 && first !== undefined) return [refusal(first, this.#causeOf(error))];
      // Some errors take their transaction along, whatever a savepoint says (damage, a full disk), and savepoints
      // make the full-text index write itself out. Halving finds the bad call in a few commits.
      const half = calls.length >> 1;
      const answers = this.run(calls.slice(0, half));
      return answers.length < half ? answers : [...answers, ...this.run(calls.slice(half))];
    }
    if (isLocked(error)) this.#bePatient(LOCK_IMPATIENCE_MS);
    return this.#readOnly(calls, error);
  }

  /** What was committed and written since this was asked last. */
  takeCommits(): readonly Commit[] {
    const commits = this.#commits;
    if (commits.length > 0) this.#commits = [];
    return commits;
  }

  #transact(calls: readonly Call[], writing: boolean): Outcome {
    const fromMs = writing ? monotonicMs() : 0;
    const answers: Answer[] = [];
    let chars = 0;
    let performing = false;
    try {
      if (writing) this.#checkPlace();
      (writing ? this.#beginWriting : this.#begin).run();
      performing = true;
      for (const call of calls) {
        const answer = this.#perform(call);
        answers.push(answer);
        chars += weigh(answer);
        if (chars > MAX_GROUP_CHARS) break;
      }
      performing = false;
      this.#commit.run();
      if (writing) this.#commits.push({ durationMs: monotonicMs() - fromMs, calls: answers.length });
    } catch (error) {
      this.#abort();
      return { error, in: performing ? 'call' : 'transaction' };
    }
    return { answers };
  }

  #abort(): void {
    try {
      if (this.#db.inTransaction) this.#rollback.run();
    } catch {
      // The transaction ends whatever fails in ending it (sqlite.org/lang_transaction.html, "ROLLBACK").
    }
  }

  #perform([name, ...args]: Call): Answer {
    const call = this.#store[name] as Untyped;
    return { value: call(...args) };
  }

  /** Nothing can be written because of `error`: answers what can be answered all the same. */
  #readOnly(calls: readonly Call[], error: unknown): readonly Answer[] {
    const answers: Answer[] = [];
    let chars = 0;
    const cause = this.#causeOf(error);
    // Whoever has locked reading, too, is waited for once and not once a call.
    let locked = false;
    for (const call of calls) {
      let answer: Answer;
      if (locked || !ANSWERED_UNWRITTEN.has(call[0])) answer = refusal(call, cause);
      else {
        try {
          answer = this.#perform(call);
        } catch (own) {
          locked = isLocked(own);
          answer = refusal(call, this.#causeOf(own));
        }
      }
      answers.push(answer);
      chars += weigh(answer);
      if (chars > MAX_GROUP_CHARS) break;
    }
    return answers;
  }

  #causeOf(error: unknown): string {
    this.#onError(error);
    return causeOf(this.#db.name, error);
  }

  #bePatient(waitMs: number): void {
    if (waitMs === this.#patienceMs) return;
    this.#patienceMs = waitMs;
    this.#db.pragma(`busy_timeout = ${waitMs}`);
  }
}
