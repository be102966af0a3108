/** How much is logged: as configured, or for the time being more, on a signal. */

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error';

/** From what says least to what says most. */
const LEVELS: readonly LogLevel[] = ['error', 'warn', 'info', 'debug', 'trace'];
/** What a signal goes through, as far as that says more than what is configured. */
const STEPS: readonly LogLevel[] = ['info', 'debug', 'trace'];

const says = (level: LogLevel): number => LEVELS.indexOf(level);

interface LeveledLog {
  level: string;
  info(fields: object, sentence: string): void;
}

export class LogLevelSwitch {
  readonly #log: LeveledLog;
  readonly #onChange: (level: LogLevel) => void;
  #configured: LogLevel;
  #current: LogLevel;

  /**
   * @param configured the level that the log has
   * @param onChange hears each level, the first one included
   */
  constructor(log: LeveledLog, configured: LogLevel, onChange: (level: LogLevel) => void = () => {}) {
    this.#log = log;
    this.#onChange = onChange;
    this.#configured = configured;
    this.#current = configured;
    onChange(configured);
  }

  /** From now on the configuration says so, which ends what a signal has begun. */
  configure(level: LogLevel): void {
    this.#configured = level;
    this.#set(level);
  }

  /** The next of info, debug and trace that says more; behind trace what is configured again. Says so in the log. */
  step(): LogLevel {
    const next = STEPS.find((level) => says(level) > says(this.#current)) ?? this.#configured;
    this.#set(next);
    const until = next === this.#configured ? ', as configured' : ' until the next SIGUSR2 or reload';
    this.say({ log_level: next }, `log.level is ${next}${until}`);
    return next;
  }

  /** Writes a line of level info whatever the level: where it listens, and what came of what an operator asked for. */
  say(fields: object, sentence: string): void {
    const isQuiet = says(this.#current) < says('info');
    if (isQuiet) this.#log.level = 'info';
    this.#log.info(fields, sentence);
    if (isQuiet) this.#log.level = this.#current;
  }

  #set(level: LogLevel): void {
    this.#current = level;
    this.#log.level = level;
    this.#onChange(level);
  }
}
