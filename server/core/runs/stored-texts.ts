/**
 * Replies that a session gets out of the store, one after another: the next text is read only once the one
 * before has been delivered, so that a client which reads nothing costs one text and a list of ids.
 */
import { PROTOCOL } from '../../../schemas/codes.js';
import type { FinishReason } from '../../../schemas/define.js';
import type { MemoryPort, StoredReply } from '../../backends/memory/port.js';
import { SCOPE_BIT } from '../sessions/scopes.js';
import type { Session } from '../sessions/session.js';
import { ChannelLog } from '../streams/log.js';
import { Stream } from '../streams/stream.js';
import { completionFrame } from './completion.js';

/** An open reply that nobody runs was cut where its end could not be stored. */
export const finishReasonOf = (reply: StoredReply): FinishReason => reply.finishReason ?? 'interrupted';

class StoredTexts {
  readonly #session: Session;
  readonly #memory: MemoryPort;
  /** Messages whose reply is still to be read. */
  readonly #waiting = new Set<string>();
  /** The message whose reply is being read or delivered. */
  #active: string | null = null;

  constructor(session: Session, memory: MemoryPort) {
    this.#session = session;
    this.#memory = memory;
    session.onStoredTextDone = () => this.#next();
  }

  /** Delivers a reply from index 0: now, or after those that were asked for before. */
  deliver(messageId: string, reply: StoredReply): void {
    if (this.#active === null || this.#active === messageId) this.#begin(messageId, reply);
    else this.#waiting.add(messageId);
  }

  #begin(messageId: string, reply: StoredReply): void {
    const log = new ChannelLog(reply.channelId, PROTOCOL.maxStreamFrameBytes);
    const stream = new Stream(messageId);
    log.begin(stream);
    if (reply.text !== '') log.appendChunk(stream, reply.text);
    const end = { ...reply, finishReason: finishReasonOf(reply) };
    log.seal(stream, completionFrame(reply.channelId, messageId, end), SCOPE_BIT.chat);
    // Taking the place of an earlier delivery of the same text is not the end of one.
    this.#active = null;
    this.#session.resumeStream(stream, log, 0, null);
    this.#active = messageId;
  }

  #next(): void {
    if (this.#active === null) return;
    this.#active = null;
    const [messageId] = this.#waiting;
    if (messageId === undefined || this.#session.peer.closed) return;
    this.#waiting.delete(messageId);
    this.#active = messageId;
    this.#memory.findReply(this.#session.principal.name, messageId).then(
      (reply) => {
        if (this.#session.peer.closed) return;
        if (reply !== null) this.#begin(messageId, reply);
        else this.#next();
      },
      // It was promised and cannot be had: the client asks again when it is back.
      () => this.#session.peer.close('tryAgainLater'),
    );
  }
}

const storedTexts = new WeakMap<Session, StoredTexts>();

/** The deliveries of a session. */
export const storedTextsOf = (session: Session, memory: MemoryPort): StoredTexts => {
  let texts = storedTexts.get(session);
  if (texts === undefined) {
    texts = new StoredTexts(session, memory);
    storedTexts.set(session, texts);
  }
  return texts;
};
