/** Has something streamed, and again when that has ended. */
import { maskedText } from '../frames.js';
import type { Job, Member } from '../member.js';
import { Listener } from './listen.js';

export interface TalkSpec {
  readonly kind: 'talk';
  /** The message, which an engine that repeats it makes as many chunks of as it has words. */
  readonly message: string;
}

export class TalkJob implements Job {
  readonly #member: Member;
  readonly #listener: Listener;
  readonly #frame: Buffer;
  #sentMs = 0;
  #unanswered = false;
  #ended = false;

  /** @param channel where it talks; null: the session's current channel */
  constructor(member: Member, ordinal: number, { message }: TalkSpec, channel: string | null) {
    this.#member = member;
    this.#listener = new Listener(member, ordinal);
    this.#frame = chatFrame(message, channel, 1);
  }

  begin(): void {
    if (this.#ended) return;
    this.#sentMs = performance.now();
    this.#unanswered = true;
    this.#member.site.tally.counters.requests += 1;
    this.#member.send(this.#frame);
  }

  onAnswer(): void {
    if (!this.#unanswered) return;
    this.#unanswered = false;
    const { tally, nowMs } = this.#member.site;
    tally.histograms.ack.record(nowMs - this.#sentMs);
  }

  onChunk(bytes: Buffer, start: number, end: number): void {
    const { tally, nowMs } = this.#member.site;
    if (this.#listener.onChunk(bytes, start, end)) tally.histograms.first.record(nowMs - this.#sentMs);
  }

  onComplete(): void {
    this.#listener.rest();
    this.begin();
  }

  end(): void {
    this.#ended = true;
  }
}

/** A `chat.send`. */
export const chatFrame = (message: string, channel: string | null, id: number): Buffer => {
  const params = { message, ...(channel === null ? {} : { channel }) };
  return maskedText(JSON.stringify({ jsonrpc: '2.0', method: 'chat.send', params, id }));
};
