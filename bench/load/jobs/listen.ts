/** Follows streams and measures how evenly their chunks arrive. */
import { spanOf } from '../kinds.js';
import type { Job, Member } from '../member.js';

/** One listener in so many reads its frames as a whole, to see that nothing is missing and nothing comes twice. */
const CHECK_EVERY = 16;

interface StreamFrame {
  readonly params: { readonly index: number; readonly message_id: string; readonly span?: number };
}

/** The chunks of one connection, whose streams come one after another. */
export class Listener {
  readonly #member: Member;
  readonly #checks: boolean;
  /** Of the last chunk of the stream under way; 0 at its start. */
  #lastMs = 0;
  #messageId = '';
  #nextIndex = -1;

  /** @param ordinal among its like: some of them check what they get */
  constructor(member: Member, ordinal: number) {
    this.#member = member;
    this.#checks = ordinal % CHECK_EVERY === 0;
  }

  /** @returns true for the first chunk of a stream */
  onChunk(bytes: Buffer, start: number, end: number): boolean {
    const { nowMs, tally } = this.#member.site;
    const span = spanOf(bytes, end);
    tally.counters.chunks += span;
    tally.counters.chunkFrames += 1;
    if (this.#checks) this.#check(bytes.toString('utf8', start, end), span);
    const lastMs = this.#lastMs;
    this.#lastMs = nowMs;
    if (lastMs === 0) return true;
    tally.histograms.gap.record(nowMs - lastMs);
    // Chunks that came in one frame came together.
    if (span > 1) tally.histograms.gap.record(0, span - 1);
    return false;
  }

  /** What comes next is another stream, or comes after a pause that is of this side's making. */
  rest(): void {
    this.#lastMs = 0;
  }

  #check(text: string, span: number): void {
    const { tally } = this.#member.site;
    const { params } = JSON.parse(text) as StreamFrame;
    // Another stream begins at 0 where it was followed from its start, or anywhere for who came late.
    if (params.message_id !== this.#messageId) this.#nextIndex = params.index;
    if (params.index !== this.#nextIndex) tally.fault('a chunk that was missing or came twice');
    if ((params.span ?? 1) !== span) tally.fault('a span that was misread');
    this.#messageId = params.message_id;
    this.#nextIndex = params.index + span;
  }
}

export interface FollowSpec {
  readonly kind: 'follow';
}

/** Sends nothing and listens. */
export class FollowJob implements Job {
  readonly #listener: Listener;

  constructor(member: Member, ordinal: number) {
    this.#listener = new Listener(member, ordinal);
  }

  begin(): void {}

  onAnswer(): void {}

  onChunk(bytes: Buffer, start: number, end: number): void {
    this.#listener.onChunk(bytes, start, end);
  }

  onComplete(): void {
    this.#listener.rest();
  }

  end(): void {}
}
