/**
 * Group commit: many calls, one transaction, one sync of the disk. A sync costs about the same
 * for one message as for a thousand, so the busier the gateway, the cheaper each write.
 */
import type { Database, Statement } from 'better-sqlite3';
import { type Answer, type Call, errorText, MAX_GROUP_CHARS, type Operations, weigh } from './messages.js';

/** Calls that write nothing: a group of them alone takes no write lock. */
const READS: ReadonlySet<Call[0]> = new Set<Call[0]>([
  'listChannels',
  'findReply',
  'history',
  'recall',
  'search',
  'listNotifications',
  'tokensLastUsed',
  'exportLines',
]);

/** `Call` pairs each name with its own arguments; over a union of names the compiler cannot see that. */
type Untyped = (...args: readonly unknown[]) => unknown;

const describe = (name: string, error: unknown): Answer => ({
  error: `memory ${name} failed: ${errorText(error)}`,
});

/** Runs calls in transactions. Nothing it answers can be undone by a later crash. */
export class GroupCommit {
  readonly #db: Database;
  readonly #store: Operations;
  readonly #begin: Statement<[]>;
  readonly #beginWriting: Statement<[]>;
  readonly #commit: Statement<[]>;
  readonly #rollback: Statement<[]>;
  readonly #savepoint: Statement<[]>;
  readonly #release: Statement<[]>;
  readonly #undo: Statement<[]>;

  constructor(db: Database, store: Operations) {
    this.#db = db;
    this.#store = store;
    this.#begin = db.prepare('BEGIN');
    this.#beginWriting = db.prepare('BEGIN IMMEDIATE');
    this.#commit = db.prepare('COMMIT');
    this.#rollback = db.prepare('ROLLBACK');
    this.#savepoint = db.prepare('SAVEPOINT call');
    this.#release = db.prepare('RELEASE call');
    this.#undo = db.prepare('ROLLBACK TO call');
  }

  /**
   * Runs `calls` (at least one) in order in one transaction and returns their answers after the
   * commit. Stops early, with fewer answers than calls, where the answers reach
   * {@link MAX_GROUP_CHARS}: run the rest as a group of its own.
   *
   * A call that fails changes nothing and fails alone. Where the transaction itself fails, every
   * call of the group does, reads too: they may have seen what is now undone.
   */
  run(calls: readonly Call[]): readonly Answer[] {
    try {
      return this.#transact(calls, (call) => this.#perform(call));
    } catch {
      // Each savepoint makes the full-text index write itself out, which doubles the cost of a
      // message. So they come in only once a group has failed, to tell the bad call from the good.
    }
    try {
      return this.#transact(calls, (call) => this.#performAlone(call));
    } catch (error) {
      return calls.map(([name]) => describe(name, error));
    }
  }

  /** @throws what `perform` or the commit threw; then nothing of the group has happened */
  #transact(calls: readonly Call[], perform: (call: Call) => Answer): readonly Answer[] {
    const answers: Answer[] = [];
    let chars = 0;
    try {
      (calls.every(([name]) => READS.has(name)) ? this.#begin : this.#beginWriting).run();
      for (const call of calls) {
        const answer = perform(call);
        answers.push(answer);
        chars += weigh(answer);
        if (chars > MAX_GROUP_CHARS) break;
      }
      this.#commit.run();
    } catch (error) {
      if (this.#db.inTransaction) this.#rollback.run();
      throw error;
    }
    return answers;
  }

  #perform([name, ...args]: Call): Answer {
    const call = this.#store[name] as Untyped;
    return { value: call(...args) };
  }

  /** @throws the error of a call that took the whole transaction with it (a full disk may) */
  #performAlone(call: Call): Answer {
    this.#savepoint.run();
    try {
      return this.#perform(call);
    } catch (error) {
      if (!this.#db.inTransaction) throw error;
      this.#undo.run();
      return describe(call[0], error);
    } finally {
      if (this.#db.inTransaction) this.#release.run();
    }
  }
}
