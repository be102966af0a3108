/** Very many connections of one process. */
import { Churn } from './churn.js';
import { FollowJob, type FollowSpec } from './jobs/listen.js';
import { MixJob, type MixSpec } from './jobs/mix.js';
import { RequestsJob, type RequestsSpec } from './jobs/requests.js';
import { SendJob, type SendSpec } from './jobs/send.js';
import { TalkJob, type TalkSpec } from './jobs/talk.js';
import type { Place } from './link.js';
import { type Job, type JoinOptions, Member, type Site } from './member.js';
import { Metronome } from './metronome.js';
import { type Snapshot, Tally } from './tally.js';

/** Beneath `gateway.max_unauthenticated_per_ip`, also where all of them come from one address. */
const JOINING_AT_ONCE = 50;
/** Connections that share an address: beneath `gateway.max_connections_per_ip`, and 28 000 ports are soon used up. */
const PER_ADDRESS = 900;
/** Linux has all of 127.0.0.0/8. */
const MANY_ADDRESSES = process.platform === 'linux';
/** Of a storm, between two tries of one client: so much, and up to as much again. */
const RETRY_MS = 200;

export interface CrowdOptions {
  readonly place: Place;
  /** Member `i` uses the token `i` modulo their number. */
  readonly tokens: readonly string[];
  /** Of this crowd among others, 0 to 254: its members come from addresses of their own. */
  readonly ordinal: number;
}

export type JobSpec = RequestsSpec | TalkSpec | FollowSpec | MixSpec | SendSpec;

/** Who does what. */
export interface Work {
  readonly spec: JobSpec;
  /** The members `from` to `to − 1`. */
  readonly from: number;
  readonly to: number;
  /** For each of them, where it does that; empty: in the current channel. */
  readonly channels: readonly (readonly string[])[];
  /** They begin spread over so long. */
  readonly spreadMs: number;
}

export class Crowd {
  readonly #site: Site;
  readonly #options: CrowdOptions;
  readonly #members: Member[] = [];
  #joined = 0;
  #paced: { fire(dueMs: number): void }[] = [];
  #nextPaced = 0;
  readonly #metronome = new Metronome((dueMs) => this.#fire(dueMs));
  #churn: Churn | null = null;
  #timers: NodeJS.Timeout[] = [];

  constructor(options: CrowdOptions) {
    this.#options = options;
    this.#site = {
      place: options.place,
      tally: new Tally(),
      readBuffer: Buffer.alloc(64 * 1024),
      pongs: new Map(),
      nowMs: 0,
    };
  }

  snapshot(): Snapshot {
    return this.#site.tally.snapshot();
  }

  /** Grows to `size` members, each of them authenticated. Rejects with the first one's reason where one is refused. */
  async grow(size: number): Promise<void> {
    const joinSome = async (): Promise<void> => {
      while (this.#joined < size) {
        const at = this.#joined;
        this.#joined += 1;
        this.#members[at] = await Member.join(this.#site, this.#joinOptions(at, null));
      }
    };
    await Promise.all(Array.from({ length: JOINING_AT_ONCE }, joinSome));
  }

  /** Some members begin with a job. */
  work({ spec, from, to, channels, spreadMs }: Work): void {
    const share = spreadMs / Math.max(1, to - from);
    for (const [at, member] of this.#members.slice(from, to).entries()) {
      const job = this.#makeJob(spec, member, at, channels[at] ?? []);
      member.take(job);
      if (spreadMs === 0) job.begin();
      else this.#timers.push(setTimeout(() => job.begin(), at * share));
    }
  }

  /** So many requests a second, in turn from all whose jobs can be paced; 0: none. */
  pace(perSecond: number): void {
    this.#metronome.set(perSecond);
  }

  /** Everybody sends nothing more. */
  rest(): void {
    this.#metronome.set(0);
    for (const timer of this.#timers.splice(0)) clearTimeout(timer);
    this.#paced = [];
    for (const member of this.#members) member.take(null);
  }

  /** The members `from` to `to − 1` read nothing more, or go on where they stopped. */
  stall(from: number, to: number, stalled: boolean): void {
    for (const member of this.#members.slice(from, to)) {
      if (stalled) member.pause();
      else member.resume();
    }
  }

  /** So many join and leave, over and over; 0: no more. */
  async churn(atOnce: number): Promise<void> {
    await this.#churn?.end();
    this.#churn = atOnce === 0 ? null : new Churn(this.#site, atOnce, (at) => this.#joinOptions(at, null));
  }

  /** All members are gone at once, and come back at once; resolves when the last one has, within `patienceMs`. */
  async storm(patienceMs: number): Promise<void> {
    const sessions = this.#members.map(({ sessionId }) => sessionId || null);
    for (const member of this.#members) member.vanish();
    const until = performance.now() + patienceMs;
    await Promise.all(
      sessions.map(async (session, at) => {
        this.#members[at] = await this.#comeBack(this.#joinOptions(at, session), until);
      }),
    );
  }

  async #comeBack(options: JoinOptions, untilMs: number): Promise<Member> {
    const sinceMs = performance.now();
    for (;;) {
      try {
        return await Member.join(this.#site, options, sinceMs);
      } catch (error) {
        this.#site.tally.fault(`coming back: ${(error as Error).message}`);
        if (performance.now() > untilMs) throw error;
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS * (1 + Math.random())));
      }
    }
  }

  leave(): void {
    this.rest();
    void this.churn(0);
    for (const member of this.#members.splice(0)) member.leave();
  }

  #makeJob(spec: JobSpec, member: Member, at: number, channels: readonly string[]): Job {
    const [channel = null] = channels;
    switch (spec.kind) {
      case 'requests': {
        const job = new RequestsJob(member, spec);
        if (spec.depth === 0) this.#paced.push(job);
        return job;
      }
      case 'mix': {
        const job = new MixJob(member, at, spec, channel ?? 'default');
        this.#paced.push(job);
        return job;
      }
      case 'send':
        return new SendJob(member, spec, channels);
      case 'talk':
        return new TalkJob(member, at, spec, channel);
      case 'follow':
        return new FollowJob(member, at);
    }
  }

  #fire(dueMs: number): void {
    if (this.#paced.length === 0) return;
    this.#nextPaced = (this.#nextPaced + 1) % this.#paced.length;
    this.#paced[this.#nextPaced]?.fire(dueMs);
  }

  #joinOptions(at: number, resume: string | null): JoinOptions {
    const { tokens, ordinal, place } = this.#options;
    const local = MANY_ADDRESSES && place.host.startsWith('127.');
    return {
      clientId: `load-${ordinal}-${at}`,
      token: tokens[at % tokens.length] as string,
      localAddress: local ? `127.0.${ordinal + 1}.${1 + Math.floor(at / PER_ADDRESS)}` : null,
      resume,
    };
  }
}
