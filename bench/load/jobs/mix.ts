/** What a person's client does: chats, looks at its channels, pings. One of each at a time. */
import { maskedText } from '../frames.js';
import { digitIdOf, Kind, kindOf } from '../kinds.js';
import type { Job, Member } from '../member.js';
import { Listener } from './listen.js';
import { chatFrame } from './talk.js';

export interface MixSpec {
  readonly kind: 'mix';
  readonly message: string;
}

/** The ids of its requests; each kind has at most one in flight, so the id tells what an answer is to. */
const PING = 1;
const CHANNELS = 2;
const SWITCH = 3;
const CHAT = 4;
/** What is asked, in turn: of ten requests six are pings, three are about channels and one is a chat. */
const ROUND = [PING, CHANNELS, PING, SWITCH, PING, CHAT, PING, CHANNELS, PING, PING] as const;
const HISTOGRAM_OF = { [PING]: 'reply', [CHANNELS]: 'channel', [SWITCH]: 'channel', [CHAT]: 'ack' } as const;

const PING_FRAME = maskedText('{"jsonrpc":"2.0","method":"system.ping","params":{},"id":1}');
const CHANNELS_FRAME = maskedText('{"jsonrpc":"2.0","method":"channel.list","params":{},"id":2}');

export class MixJob implements Job {
  readonly #member: Member;
  readonly #listener: Listener;
  readonly #frames: Readonly<Record<(typeof ROUND)[number], Buffer>>;
  /** By id; 0: none is in flight. */
  readonly #dueMs = new Float64Array(CHAT + 1);
  #turn: number;
  #chatSentMs = 0;
  /** A reply is on its way: the next chat waits for its end. */
  #replying = false;
  #ended = false;

  constructor(member: Member, ordinal: number, { message }: MixSpec, channel: string) {
    this.#member = member;
    this.#listener = new Listener(member, ordinal);
    // Not all in step.
    this.#turn = ordinal;
    this.#frames = {
      [PING]: PING_FRAME,
      [CHANNELS]: CHANNELS_FRAME,
      [SWITCH]: maskedText(
        `{"jsonrpc":"2.0","method":"channel.switch","params":{"channel_id":${JSON.stringify(channel)}},"id":3}`,
      ),
      [CHAT]: chatFrame(message, channel, CHAT),
    };
  }

  begin(): void {}

  fire(dueMs: number): void {
    if (this.#ended) return;
    const { counters } = this.#member.site.tally;
    const id = ROUND[this.#turn % ROUND.length] as (typeof ROUND)[number];
    this.#turn += 1;
    if (this.#dueMs[id] !== 0 || (id === CHAT && this.#replying)) {
      counters.skipped += 1;
      return;
    }
    this.#dueMs[id] = dueMs;
    if (id === CHAT) {
      this.#replying = true;
      this.#chatSentMs = dueMs;
    }
    counters.requests += 1;
    this.#member.send(this.#frames[id]);
  }

  onAnswer(bytes: Buffer, start: number, end: number): void {
    const id = digitIdOf(bytes, end) as keyof typeof HISTOGRAM_OF;
    const dueMs = this.#dueMs[id];
    if (dueMs === undefined || dueMs === 0) return;
    const { tally, nowMs } = this.#member.site;
    this.#dueMs[id] = 0;
    // A chat that was refused gets no reply.
    if (id === CHAT && kindOf(bytes, start, end) === Kind.failure) this.#replying = false;
    tally.histograms[HISTOGRAM_OF[id]].record(nowMs - dueMs);
  }

  onChunk(bytes: Buffer, start: number, end: number): void {
    const { tally, nowMs } = this.#member.site;
    if (this.#listener.onChunk(bytes, start, end) && this.#replying) {
      tally.histograms.first.record(nowMs - this.#chatSentMs);
    }
  }

  onComplete(): void {
    this.#listener.rest();
    this.#replying = false;
  }

  end(): void {
    this.#ended = true;
  }
}
