/**
 * What a service manager such as systemd is told of the gateway: that it is ready, reloads or stops, how it does, and
 * for its watchdog that it is alive (sd_notify(3), sd_watchdog_enabled(3)).
 */
import { type NotifySocket, NotifySocketError, openNotifySocket } from './notify-socket.js';

/** The manager has not read what was sent before: it is tried again after this. */
const RETRY_MS = 50;
/** What waits to be sent; beyond, the oldest is no news any more. */
const MAX_WAITING = 32;
/** What is done at the end takes no longer than this behind the drain: backends, the store, the last spans. */
const CLOSE_MS = 30_000;

export interface ServiceManagerOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly pid: number;
  /** One line for `systemctl status`. */
  readonly status: () => string;
  /**
   * Resolves when every thread that serves sockets has answered. Null where they are served by the thread that asks,
   * which then answers by asking.
   */
  readonly arrivals: () => (() => Promise<void>) | null;
  readonly warn: (sentence: string) => void;
}

/** What a variable says in microseconds, as milliseconds; null where it says nothing. */
const watchdogMs = ({ env, pid }: ServiceManagerOptions): number | null => {
  const { WATCHDOG_USEC: usec = '', WATCHDOG_PID: meant } = env;
  if (meant !== undefined && meant !== String(pid)) return null;
  return /^[1-9]\d{0,15}$/.test(usec) ? Number(usec) / 1000 : null;
};

/** A line of its own: what stands in a value cannot begin another assignment. */
const oneLine = (text: string): string => text.replaceAll(/\p{Cc}+/gu, ' ');

export class ServiceManager {
  readonly #options: ServiceManagerOptions;
  readonly #socket: NotifySocket;
  readonly #waiting: string[] = [];
  #retry: NodeJS.Timeout | null = null;
  #watchdog: NodeJS.Timeout | null = null;
  /** The threads that serve sockets have been asked and have not answered. */
  #asking = false;
  #isReady = false;
  #reloads = 0;
  #isSilent = false;

  private constructor(options: ServiceManagerOptions, socket: NotifySocket) {
    this.#options = options;
    this.#socket = socket;
  }

  /** Null, with a warning, where the manager cannot be told anything. */
  static async open(options: ServiceManagerOptions): Promise<ServiceManager | null> {
    try {
      return new ServiceManager(options, await openNotifySocket(options.env.NOTIFY_SOCKET ?? ''));
    } catch (error) {
      if (!(error instanceof NotifySocketError)) throw error;
      options.warn(error.message);
      return null;
    }
  }

  /** Clients can come and signals are heard. From now on the watchdog is told, too. */
  ready(): void {
    this.#isReady = true;
    this.#say('READY=1', this.#status());
    const limitMs = watchdogMs(this.#options);
    if (limitMs === null) return;
    // Half of what is allowed, as the manual has it; behind a turn of the sockets.
    this.#watchdog ??= setInterval(() => setImmediate(() => this.#alive()), limitMs / 2);
  }

  /** To be followed by {@link reloaded}, whatever comes of it. */
  reloading(): void {
    this.#reloads += 1;
    if (!this.#isReady || this.#reloads > 1) return;
    // The kernel's CLOCK_MONOTONIC: it tells this reload from one that had ended before it was asked for.
    this.#say('RELOADING=1', `MONOTONIC_USEC=${process.hrtime.bigint() / 1000n}`, 'STATUS=Reloading');
  }

  reloaded(): void {
    this.#reloads -= 1;
    if (this.#isReady && this.#reloads === 0) this.#say('READY=1', this.#status());
  }

  /** @param drainMs how long running replies may take; the manager is asked to wait for that and what comes behind it, however long it would */
  stopping(drainMs: number): void {
    // A reload that ends now must not look like a gateway that takes clients.
    this.#isReady = false;
    this.#say(
      'STOPPING=1',
      `EXTEND_TIMEOUT_USEC=${Math.ceil((drainMs + CLOSE_MS) * 1000)}`,
      `STATUS=Stopping: running replies have ${Math.ceil(drainMs / 1000)} s to end`,
    );
  }

  /** Says nothing more. The socket goes with the process. */
  close(): void {
    this.#isSilent = true;
    if (this.#retry !== null) clearTimeout(this.#retry);
    if (this.#watchdog !== null) clearInterval(this.#watchdog);
  }

  #status(): string {
    return `STATUS=${oneLine(this.#options.status())}`;
  }

  #alive(): void {
    const arrivals = this.#options.arrivals();
    if (arrivals === null) this.#sayAlive();
    else if (!this.#asking) {
      this.#asking = true;
      void arrivals().then(() => {
        this.#asking = false;
        this.#sayAlive();
      });
    }
  }

  #sayAlive(): void {
    if (this.#isReady) this.#say('WATCHDOG=1', this.#status());
    else this.#say('WATCHDOG=1');
  }

  #say(...assignments: readonly string[]): void {
    if (this.#isSilent) return;
    if (this.#waiting.length === MAX_WAITING) this.#waiting.shift();
    this.#waiting.push(assignments.join('\n'));
    if (this.#retry === null) this.#send();
  }

  #send(): void {
    this.#retry = null;
    try {
      for (let text = this.#waiting[0]; text !== undefined; text = this.#waiting[0]) {
        if (this.#socket.send(text) === 'full') {
          this.#retry = setTimeout(() => this.#send(), RETRY_MS);
          return;
        }
        this.#waiting.shift();
      }
    } catch (error) {
      if (!(error instanceof NotifySocketError)) throw error;
      this.#waiting.length = 0;
      this.#options.warn(error.message);
    }
  }
}
