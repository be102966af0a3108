/** Requests one after another: so many in flight, or at a rate that does not wait for answers. */
import { maskedText } from '../frames.js';
import type { Job, Member } from '../member.js';

export interface RequestsSpec {
  readonly kind: 'requests';
  /** The request, a JSON-RPC message of id 1. */
  readonly text: string;
  /** How many are in flight; 0: they are sent at the crowd's rate instead. */
  readonly depth: number;
}

/** In flight on one connection at most, whatever the rate. */
export const MAX_IN_FLIGHT = 64;
/** One answer in so many is read as a whole. */
const SAMPLE_EVERY = 1024;

/** A request made once, and as many of it in one piece as may be in flight: what goes out together is one write. */
class Volley {
  readonly #pieces: Buffer[] = [];

  constructor(text: string) {
    const frame = maskedText(text);
    const all = Buffer.concat(Array.from({ length: MAX_IN_FLIGHT }, () => frame));
    for (let times = 0; times <= MAX_IN_FLIGHT; times += 1) {
      this.#pieces.push(all.subarray(0, times * frame.length));
    }
  }

  of(times: number): Buffer {
    return this.#pieces[times] as Buffer;
  }
}

let lastText = '';
let lastVolley: Volley | null = null;

/** All members of a process send the same. */
const volleyOf = (text: string): Volley => {
  if (lastVolley === null || lastText !== text) {
    lastText = text;
    lastVolley = new Volley(text);
  }
  return lastVolley;
};

export class RequestsJob implements Job {
  readonly #member: Member;
  readonly #volley: Volley;
  readonly #depth: number;
  /** When each that is in flight was sent, or should have been: a ring, since answers come in order. */
  readonly #sentMs: Float64Array;
  #oldest = 0;
  #inFlight = 0;
  #answered = 0;
  #untilSample: number;
  #ended = false;

  constructor(member: Member, { text, depth }: RequestsSpec) {
    this.#member = member;
    this.#volley = volleyOf(text);
    this.#depth = depth;
    this.#sentMs = new Float64Array(depth === 0 ? MAX_IN_FLIGHT : depth);
    // Not all members at once.
    this.#untilSample = Math.floor(Math.random() * SAMPLE_EVERY);
  }

  begin(): void {
    this.#send(this.#depth, performance.now());
  }

  /** @param dueMs when it should be sent: waiting for this process to do so counts as latency */
  fire(dueMs: number): void {
    if (this.#inFlight === MAX_IN_FLIGHT) this.#member.site.tally.counters.skipped += 1;
    else this.#send(1, dueMs);
  }

  onAnswer(bytes: Buffer, start: number, end: number): void {
    if (this.#inFlight === 0) return;
    const { site } = this.#member;
    site.tally.histograms.reply.record(site.nowMs - (this.#sentMs[this.#oldest] as number));
    this.#oldest = (this.#oldest + 1) % this.#sentMs.length;
    this.#inFlight -= 1;
    this.#answered += 1;
    this.#untilSample -= 1;
    if (this.#untilSample < 0) this.#sample(bytes.toString('utf8', start, end));
  }

  onRead(): void {
    if (this.#depth === 0 || this.#answered === 0) return;
    const { site } = this.#member;
    const again = this.#answered;
    this.#answered = 0;
    this.#send(again, site.nowMs);
  }

  end(): void {
    this.#ended = true;
  }

  #send(times: number, nowMs: number): void {
    if (this.#ended || times === 0) return;
    let at = this.#oldest + this.#inFlight;
    for (let left = times; left > 0; left -= 1, at += 1) this.#sentMs[at % this.#sentMs.length] = nowMs;
    this.#inFlight += times;
    this.#member.site.tally.counters.requests += times;
    this.#member.send(this.#volley.of(times));
  }

  /** A whole answer is JSON and has the request's id. */
  #sample(text: string): void {
    this.#untilSample = SAMPLE_EVERY;
    const { tally } = this.#member.site;
    try {
      const { id } = JSON.parse(text) as { id?: unknown };
      if (id !== 1) tally.fault('an answer with another id');
    } catch {
      tally.fault('an answer that is no JSON');
    }
  }
}
