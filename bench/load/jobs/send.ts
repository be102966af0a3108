/** Says something and, once that is stored, something more, whatever becomes of the replies. */
import type { Job, Member } from '../member.js';
import { chatFrame } from './talk.js';

export interface SendSpec {
  readonly kind: 'send';
  readonly message: string;
  /** A channel takes so many messages before the first has its reply. */
  readonly perChannel: number;
}

export class SendJob implements Job {
  readonly #member: Member;
  readonly #spec: SendSpec;
  /** None where the server knows no channels. */
  readonly #channels: readonly string[];
  #frame: Buffer;
  #said = 0;
  #sentMs = 0;
  #unanswered = false;
  #ended = false;

  constructor(member: Member, spec: SendSpec, channels: readonly string[]) {
    this.#member = member;
    this.#spec = spec;
    this.#channels = channels;
    this.#frame = chatFrame(spec.message, channels[0] ?? null, 1);
  }

  begin(): void {
    if (this.#ended) return;
    const { tally } = this.#member.site;
    if (this.#said > 0 && this.#said % this.#spec.perChannel === 0 && this.#channels.length > 0) {
      const next = this.#channels[this.#said / this.#spec.perChannel];
      if (next === undefined) {
        this.#ended = true;
        tally.fault('all channels of a connection are full');
        return;
      }
      this.#frame = chatFrame(this.#spec.message, next, 1);
    }
    this.#said += 1;
    this.#sentMs = performance.now();
    this.#unanswered = true;
    tally.counters.requests += 1;
    this.#member.send(this.#frame);
  }

  onAnswer(): void {
    if (!this.#unanswered) return;
    this.#unanswered = false;
    const { tally, nowMs } = this.#member.site;
    tally.histograms.ack.record(nowMs - this.#sentMs);
    this.begin();
  }

  end(): void {
    this.#ended = true;
  }
}
