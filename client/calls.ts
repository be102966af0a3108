/** The calls that have no answer yet: those that wait to be sent, in order, and those that were. */
import { ONCE } from '../schemas/generated/client.js';
import { TooManyCallsError } from './errors.js';

export interface Call {
  readonly id: number;
  readonly method: string;
  /** The whole message. */
  readonly text: string;
  /** Belongs to one connection: never sent on another one, and goes before all that are not. */
  readonly transient: boolean;
  readonly succeed: (result: unknown) => void;
  readonly fail: (error: unknown) => void;
  /** It was sent on a connection that ended before the answer: perhaps it was done, perhaps not. */
  doubtful: boolean;
}

/** What a method does twice it must not do by itself: see `Method.once` of the method table. */
const once: ReadonlySet<string> = new Set(ONCE);

export class Calls {
  readonly #maxCalls: number;
  readonly #maxChars: number;
  /** In the order of the calls. */
  readonly #open = new Map<number, Call>();
  readonly #transient = new Set<Call>();
  #waiting = new Set<Call>();
  #chars = 0;

  /** @param maxChars UTF-16 units of all messages together */
  constructor(maxCalls: number, maxChars: number) {
    this.#maxCalls = maxCalls;
    this.#maxChars = maxChars;
  }

  /** @throws TooManyCallsError; a single call always fits, however long it is */
  add(call: Call): void {
    const isFull =
      this.#open.size >= this.#maxCalls ||
      (this.#chars > 0 && this.#chars + call.text.length > this.#maxChars);
    if (isFull && !call.transient) throw new TooManyCallsError();
    this.#open.set(call.id, call);
    this.#chars += call.text.length;
    (call.transient ? this.#transient : this.#waiting).add(call);
  }

  /** One that was sent was refused unseen: it waits again, where it was. */
  waitAgain(call: Call): void {
    if (call.transient) this.#transient.add(call);
    else this.#waiting = new Set([...this.#waiting, call].sort((one, other) => one.id - other.id));
  }

  get(id: number): Call | undefined {
    return this.#open.get(id);
  }

  /** The next to be sent; from now on it has been. */
  next(): Call | undefined {
    for (const calls of [this.#transient, this.#waiting]) {
      for (const call of calls) {
        calls.delete(call);
        return call;
      }
    }
    return undefined;
  }

  get hasNext(): boolean {
    return this.#transient.size + this.#waiting.size > 0;
  }

  /** Takes one out: it is answered, or nobody waits for it any more. Undefined where it is not there. */
  take(id: number): Call | undefined {
    const call = this.#open.get(id);
    if (call === undefined) return undefined;
    this.#open.delete(id);
    this.#transient.delete(call);
    this.#waiting.delete(call);
    this.#chars -= call.text.length;
    return call;
  }

  /** Whether it has not been sent, not even on a connection before this one. */
  isUnsent(call: Call): boolean {
    return this.#waiting.has(call) && !call.doubtful;
  }

  /**
   * The connection is gone. What may be done twice waits again, in the order of the calls; what belonged to the
   * connection is forgotten, and what may have been done, and must not be twice, fails.
   */
  connectionLost(error: unknown): void {
    const waited = this.#waiting;
    this.#waiting = new Set();
    this.#transient.clear();
    const failed: Call[] = [];
    for (const call of this.#open.values()) {
      if (waited.has(call)) this.#waiting.add(call);
      else if (call.transient || once.has(call.method)) failed.push(call);
      else {
        call.doubtful = true;
        this.#waiting.add(call);
      }
    }
    for (const call of failed) this.take(call.id);
    for (const call of failed) call.fail(error);
  }

  /** Ends all of them. */
  failAll(error: unknown): void {
    const all = [...this.#open.values()];
    for (const call of all) this.take(call.id);
    for (const call of all) call.fail(error);
  }
}
