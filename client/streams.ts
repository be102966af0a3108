/** The replies that are under way, by the id of their message: those that were asked for here, and those of others. */
import type { ChatCompleteEvent, ChatMessageEvent, ChatStreamEvent } from '../schemas/generated/client.js';
import { ReplyStream } from './reply-stream.js';

/** A handshake takes so many (protocol section 3); the others are asked for one by one. */
const MAX_NAMED = 64;

export interface StreamsOptions {
  readonly maxUnreadChars: number;
  /** A reply to a message of another connection has shown up. */
  readonly onForeign: (stream: ReplyStream) => void;
  /** The rest of a reply is to be asked for with `chat.resume`. */
  readonly resume: (stream: ReplyStream) => void;
}

export class Streams {
  readonly #options: StreamsOptions;
  readonly #open = new Map<string, ReplyStream>();
  readonly #foreign = new WeakSet<ReplyStream>();
  /** Those that the handshake under way names. */
  #named: readonly ReplyStream[] = [];

  constructor(options: StreamsOptions) {
    this.#options = options;
  }

  /** One that has no message id yet, and so no frames. */
  create(): ReplyStream {
    const stream = new ReplyStream(this.#options.maxUnreadChars);
    stream.onRoom = () => {
      // It may have been told its end while there was no room for its text.
      this.#open.set(stream.id, stream);
      this.#options.resume(stream);
    };
    return stream;
  }

  /** Its message is stored. False where the reply to this one is being read already. */
  add(stream: ReplyStream, id: string, channel: string): boolean {
    const present = this.#open.get(id);
    if (present !== undefined) {
      const isTaken = !this.#foreign.has(present);
      // Whoever asked for it comes before whoever only overhears it.
      (isTaken ? stream : present).fail(new Error(`The reply to ${id} is being read already.`));
      if (isTaken) return false;
    }
    stream.named(id, channel);
    // One that was given up meanwhile, too: what comes of it is nobody else's.
    this.#open.set(id, stream);
    return stream.open;
  }

  /** A message of another connection: its reply will come. */
  heard({ message_id, channel }: Pick<ChatMessageEvent, 'message_id' | 'channel'>): ReplyStream {
    const present = this.#open.get(message_id);
    // Its own message, from a connection before this one.
    if (present !== undefined) return present;
    const stream = this.create();
    this.#foreign.add(stream);
    this.add(stream, message_id, channel);
    stream.discard();
    this.#options.onForeign(stream);
    return stream;
  }

  /** Replies that began on followed channels while there was no connection. */
  missed(running: readonly Pick<ChatMessageEvent, 'message_id' | 'channel'>[] = []): void {
    for (const each of running) {
      if (!this.#open.has(each.message_id)) this.#options.resume(this.heard(each));
    }
  }

  /** Returns the frame with what of its text is new, null where nothing is; undefined where it does not follow the one before. */
  frame(frame: ChatStreamEvent): ChatStreamEvent | null | undefined {
    const known = this.#open.get(frame.message_id);
    // In the middle of one that nobody follows here: it was asked for with a call of the caller's own.
    if (known === undefined && frame.index !== 0) return frame;
    const stream = known ?? this.heard(frame);
    stream.channel = frame.channel;
    const chunk = stream.take(frame);
    if (chunk === null) return undefined;
    return chunk === '' ? null : { ...frame, chunk };
  }

  /** Returns whether the end is news. */
  complete(completion: ChatCompleteEvent): boolean {
    const stream = this.heard(completion);
    if (stream.cursor.state === 'resuming') return false;
    const isNews = stream.completed === null;
    this.#open.delete(stream.id);
    stream.complete(completion);
    return isNews;
  }

  drop(stream: ReplyStream): void {
    if (this.#open.get(stream.id) === stream) this.#open.delete(stream.id);
  }

  /** A channel is no longer followed: what others asked for there ends, what was asked for here goes on. */
  unfollowed(channel: string): void {
    for (const stream of this.#wanted()) {
      if (stream.channel !== channel) continue;
      if (this.#foreign.has(stream)) this.#open.delete(stream.id);
      else this.#options.resume(stream);
    }
  }

  /** For `resume.streams` of the next handshake. */
  forHandshake(): { message_id: string; after_index: number }[] {
    this.#named = this.#wanted().slice(0, MAX_NAMED);
    return this.#named.map(({ id, cursor }) => ({ message_id: id, after_index: cursor.afterIndex }));
  }

  /**
   * The handshake has succeeded.
   *
   * @returns those that it has resumed, if the gateway still knows all of them
   */
  reconnected(isResumed: boolean): readonly ReplyStream[] {
    const resumed = isResumed ? this.#named : [];
    this.#named = [];
    for (const stream of this.#open.values()) if (!stream.open) this.#open.delete(stream.id);
    for (const stream of resumed) stream.cursor.rejoin();
    for (const stream of this.#wanted()) if (!resumed.includes(stream)) this.#options.resume(stream);
    return resumed;
  }

  failAll(reason: unknown): void {
    for (const stream of this.#open.values()) stream.fail(reason);
    this.#open.clear();
  }

  #wanted(): ReplyStream[] {
    return [...this.#open.values()].filter(({ open }) => open);
  }
}
