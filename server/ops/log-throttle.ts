/** Keeps what clients can bring about from flooding the log: of each kind so many lines a minute, and then how many more there were. */

const MINUTE_MS = 60_000;

export type ThrottledLevel = 'info' | 'warn' | 'error';

type Write = (fields: object, sentence: string) => void;
type ThrottledLog = Readonly<Record<ThrottledLevel | 'debug', Write>>;

/** A minute of one kind. */
interface Minute {
  readonly level: ThrottledLevel;
  sinceMs: number;
  lines: number;
  leftOut: number;
}

export class LogThrottle {
  readonly #log: ThrottledLog;
  readonly #nowMs: () => number;
  readonly #minutes = new Map<string, Minute>();

  constructor(log: ThrottledLog, nowMs: () => number) {
    this.#log = log;
    this.#nowMs = nowMs;
  }

  /**
   * Writes a line, or counts it; what is counted is written at `debug`.
   * @param kind one of few, and of nobody's choice but ours
   * @param mostPerMinute lines of this kind
   */
  write(kind: string, mostPerMinute: number, level: ThrottledLevel, fields: object, sentence: string): void {
    const nowMs = this.#nowMs();
    let minute = this.#minutes.get(kind);
    if (minute === undefined || nowMs - minute.sinceMs >= MINUTE_MS) {
      if (minute !== undefined) this.#tell(kind, minute);
      minute = { level, sinceMs: nowMs, lines: 0, leftOut: 0 };
      this.#minutes.set(kind, minute);
    }
    if (minute.lines < mostPerMinute) {
      minute.lines += 1;
      this.#log[level](fields, sentence);
    } else {
      minute.leftOut += 1;
      this.#log.debug(fields, sentence);
    }
  }

  /** Tells what was left out in minutes that are over. Call it about once a minute. */
  report(): void {
    const nowMs = this.#nowMs();
    for (const [kind, minute] of this.#minutes) {
      if (nowMs - minute.sinceMs < MINUTE_MS) continue;
      this.#tell(kind, minute);
      this.#minutes.delete(kind);
    }
  }

  #tell(kind: string, { level, leftOut }: Minute): void {
    if (leftOut > 0)
      this.#log[level]({ kind, left_out: leftOut }, `${leftOut} more lines of ${kind} were left out`);
  }
}
