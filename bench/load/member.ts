/** One connection of a crowd: authenticates, answers heartbeats, and passes what else comes to its job. */
import { maskedText, pingSeq } from './frames.js';
import { Kind, kindOf } from './kinds.js';
import { Link, type LinkHandler, type Place } from './link.js';
import type { Tally } from './tally.js';

/** What the members of a crowd share. */
export interface Site {
  readonly place: Place;
  readonly tally: Tally;
  readonly readBuffer: Buffer;
  /** The answer to each ping, by its seq: made once for all members. */
  readonly pongs: Map<number, Buffer>;
  /** When what is being handled was read: one look at the clock for all that came together. */
  nowMs: number;
}

/** What a member does besides staying. */
export interface Job {
  /** Sends what comes first. */
  begin(): void;
  /** An answer to one of its requests, at `bytes[start … end)`. */
  onAnswer(bytes: Buffer, start: number, end: number): void;
  /** A chunk of a reply. */
  onChunk?(bytes: Buffer, start: number, end: number): void;
  /** A reply has ended. */
  onComplete?(): void;
  /** Everything that came at once has been handled. */
  onRead?(): void;
  /** Sends nothing more. */
  end(): void;
}

export interface JoinOptions {
  readonly clientId: string;
  readonly token: string;
  /** To connect from; null: the system's choice. */
  readonly localAddress: string | null;
  /** A session to take up again; null: a new one. */
  readonly resume: string | null;
}

const CLIENT_VERSION = '0.9.4';
/** However many refusals come, so many are looked into. */
const LOOK_INTO_FAILURES = 1000;

const pongFrame = (seq: number): Buffer =>
  maskedText(`{"jsonrpc":"2.0","method":"heartbeat.pong","params":{"seq":${seq}}}`);

const handshakeFrame = ({ clientId, token, resume }: JoinOptions): Buffer => {
  const params = {
    client_id: clientId,
    client_version: CLIENT_VERSION,
    token,
    ...(resume === null ? {} : { resume: { session_id: resume } }),
  };
  return maskedText(JSON.stringify({ jsonrpc: '2.0', method: 'auth.handshake', params, id: 1 }));
};

export class Member implements LinkHandler {
  readonly site: Site;
  /** Empty where the server gives none. */
  sessionId = '';
  readonly #options: JoinOptions;
  readonly #sinceMs: number;
  readonly #link: Link;
  /** Set from the start until the answer to the handshake: what is told how it went. */
  #joining: { readonly resolve: () => void; readonly reject: (error: Error) => void } | null;
  #job: Job | null = null;

  private constructor(
    site: Site,
    options: JoinOptions,
    sinceMs: number,
    joining: { readonly resolve: () => void; readonly reject: (error: Error) => void },
  ) {
    this.site = site;
    this.#options = options;
    this.#sinceMs = sinceMs;
    this.#joining = joining;
    this.#link = new Link(site.place, options.localAddress, site.readBuffer, this);
  }

  /**
   * Connects and authenticates. Rejects with what stood in the way.
   * @param sinceMs when this was first tried: what is recorded is how long it took in all
   */
  static join(site: Site, options: JoinOptions, sinceMs = performance.now()): Promise<Member> {
    return new Promise((resolve, reject) => {
      const member: Member = new Member(site, options, sinceMs, { resolve: () => resolve(member), reject });
    });
  }

  /** From now on it does this; what it did before has ended. */
  take(job: Job | null): void {
    this.#job?.end();
    this.#job = job;
  }

  send(frame: Buffer): void {
    this.#link.write(frame);
  }

  pause(): void {
    this.#link.pause();
  }

  resume(): void {
    this.#link.resume();
  }

  /** Drops the connection. */
  leave(): void {
    this.#left();
    this.#link.drop();
  }

  /** Drops it so that its port is free at once. */
  vanish(): void {
    this.#left();
    this.#link.reset();
  }

  onReading(): void {
    this.site.nowMs = performance.now();
  }

  onUpgraded(): void {
    this.#link.write(handshakeFrame(this.#options));
  }

  onText(bytes: Buffer, start: number, end: number): void {
    if (this.#joining !== null) {
      this.#greeted(bytes.toString('utf8', start, end));
      return;
    }
    const { tally } = this.site;
    const kind = kindOf(bytes, start, end);
    if (kind === Kind.reply) {
      tally.counters.replies += 1;
      this.#job?.onAnswer(bytes, start, end);
    } else if (kind === Kind.chunk) this.#job?.onChunk?.(bytes, start, end);
    else if (kind === Kind.ping) this.#beat(bytes, start, end);
    else if (kind === Kind.complete) {
      tally.counters.completes += 1;
      this.#job?.onComplete?.();
    } else if (kind === Kind.failure) {
      tally.counters.replies += 1;
      this.#refused(bytes, start, end);
      this.#job?.onAnswer(bytes, start, end);
    }
  }

  onRead(): void {
    this.#job?.onRead?.();
  }

  onEnded(why: string): void {
    const joining = this.#joining;
    this.#joining = null;
    this.take(null);
    if (joining !== null) {
      const { host, port } = this.site.place;
      joining.reject(new Error(`No connection to ${host}:${port}: ${why}`));
      return;
    }
    const { tally } = this.site;
    tally.counters.open -= 1;
    tally.lose(why);
  }

  #left(): void {
    this.take(null);
    if (this.#joining === null) this.site.tally.counters.open -= 1;
    this.#joining = null;
  }

  #greeted(answer: string): void {
    const joining = this.#joining;
    this.#joining = null;
    const { counters, histograms } = this.site.tally;
    if (answer.includes('"error"')) {
      joining?.reject(new Error(`The handshake was refused: ${answer}`));
      // It never counted as open.
      this.#link.drop();
      return;
    }
    this.sessionId = /"session_id":"([^"]+)"/.exec(answer)?.[1] ?? '';
    counters.open += 1;
    counters.joins += 1;
    if (answer.includes('"resumed":true')) counters.resumed += 1;
    histograms.join.record(performance.now() - this.#sinceMs);
    joining?.resolve();
  }

  #beat(bytes: Buffer, start: number, end: number): void {
    const seq = pingSeq(bytes, start, end);
    if (seq === null) return;
    const { tally, pongs } = this.site;
    tally.counters.pings += 1;
    let pong = pongs.get(seq);
    if (pong === undefined) {
      pong = pongFrame(seq);
      pongs.set(seq, pong);
    }
    this.#link.write(pong);
  }

  #refused(bytes: Buffer, start: number, end: number): void {
    const { tally } = this.site;
    tally.counters.failures += 1;
    if (tally.counters.failures > LOOK_INTO_FAILURES) return;
    const code = /"error":\{"code":(-?\d+),"message":"([^"]*)"/.exec(bytes.toString('utf8', start, end));
    tally.fault(code === null ? 'a refusal without a code' : `${code[1]} ${code[2]}`);
  }
}
