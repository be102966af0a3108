/**
 * What a socket thread and the core tell each other: records, all those of one turn in one buffer, which changes its
 * owner instead of being copied. A plain data structure that knows neither threads nor sockets.
 *
 * A batch is the number of its bytes that are used, then records: kind, connection and value, four bytes each, and for
 * some kinds as many bytes as the value says. Everything is filled up to a multiple of eight bytes: whoever compares
 * messages eight bytes at a time wants them to begin there.
 */
import { CLOSES, type CloseName } from '../../../schemas/codes.js';

/** From the core to a socket thread. */
export const TO_SOCKETS = {
  /** A text frame's bytes: for each connection of a {@link TO_SOCKETS.to} before the next one. */
  frame: 1,
  to: 2,
  /** The value is the close's place in the table of close codes. */
  close: 3,
  /** A connection has authenticated. */
  admitted: 4,
} as const;

/** From a socket thread to the core. */
export const TO_CORE = {
  /** A connection has come, from the address in the bytes. */
  opened: 17,
  text: 18,
  binary: 19,
  /** A message beyond its limit. */
  tooLarge: 20,
  /** So many bytes wait for the client. */
  backlog: 21,
  /** The same, fewer than before: the client takes them. */
  drained: 22,
  /** It has gone. The value is what {@link goneValue} makes of how. */
  gone: 23,
  /** Everything in the oldest batch with frames that was not told of yet has been given to the sockets. */
  taken: 24,
} as const;

export type Kind = (typeof TO_SOCKETS)[keyof typeof TO_SOCKETS] | (typeof TO_CORE)[keyof typeof TO_CORE];

const WITH_BYTES: ReadonlySet<number> = new Set([TO_SOCKETS.frame, TO_CORE.opened, TO_CORE.text]);

/** A close by its place in the table of codes. */
export const CLOSE_NAMES = Object.keys(CLOSES) as readonly CloseName[];
/** Above every code of a client (RFC 6455 section 7.4.2). */
const NAMED = 5000;

/** @param ending the gateway's close by its name, the client's by its code @param lingers the gateway's side has ended it */
export const goneValue = (ending: CloseName | number | null, lingers: boolean): number => {
  const code = typeof ending === 'string' ? NAMED + CLOSE_NAMES.indexOf(ending) : (ending ?? 0);
  return 2 * code + (lingers ? 1 : 0);
};
/** How it ended; null: unknown. */
export const endingIn = (value: number): CloseName | number | null => {
  const code = value >> 1;
  return CLOSE_NAMES[code - NAMED] ?? (code || null);
};
export const lingersIn = (value: number): boolean => (value & 1) === 1;

const WORD_BYTES = 4;
const PLACE_BYTES = 8;
const HEAD_BYTES = PLACE_BYTES;
const RECORD_BYTES = 2 * PLACE_BYTES;
/** A batch that is full is sent at once, so that the other side begins. Only one with a large record has more. */
export const BATCH_BYTES = 64 * 1024;
/** What is left for those who get it in a batch that begins with a frame: however large, it is not copied for each of them. */
const ADDRESSEES_BYTES = 16 * 1024;
/** A UTF-16 unit takes this many bytes of UTF-8 at most. */
const MAX_UTF8_BYTES = 3;

const NO_BUFFER = Buffer.from(new ArrayBuffer(0));

const wholePlaces = (bytes: number): number => (bytes + PLACE_BYTES - 1) & -PLACE_BYTES;

/** Takes what is to be told, and hands it on in batches. */
export class BatchWriter {
  readonly #post: (batch: ArrayBuffer, usedBytes: number) => void;
  readonly #newBuffer: () => ArrayBuffer;
  /** Empty between two batches. */
  #buffer = NO_BUFFER;
  #words = new Uint32Array(NO_BUFFER.buffer);
  #used = HEAD_BYTES;
  /** The frame that the next `to` is about; null where there is none, or where it may have changed since. */
  #frame: string | null = null;
  #frameBytes = 0;

  /**
   * @param post takes a batch, which must be gone from here with the call
   * @param newBuffer of {@link BATCH_BYTES}
   */
  constructor(
    post: (batch: ArrayBuffer, usedBytes: number) => void,
    newBuffer: () => ArrayBuffer = () => new ArrayBuffer(BATCH_BYTES),
  ) {
    this.#post = post;
    this.#newBuffer = newBuffer;
  }

  get isEmpty(): boolean {
    return this.#used === HEAD_BYTES;
  }

  put(kind: Kind, connection: number, value: number): void {
    this.#reserve(RECORD_BYTES, 0);
    this.#write(kind, connection, value);
  }

  /** @param data bytes, which need not outlive the call, or text. Returns how many bytes of UTF-8 they are. */
  putData(kind: Kind, connection: number, data: string | Uint8Array): number {
    return this.#putData(kind, connection, data, 0);
  }

  /** A frame for one connection. The same text for one after another travels once a batch. Returns its bytes. */
  send(connection: number, frame: string | Uint8Array): number {
    if (frame !== this.#frame || !this.#hasRoomFor(RECORD_BYTES)) {
      this.#frameBytes = this.#putData(TO_SOCKETS.frame, 0, frame, ADDRESSEES_BYTES);
      this.#frame = typeof frame === 'string' ? frame : null;
    }
    this.#write(TO_SOCKETS.to, connection, 0);
    return this.#frameBytes;
  }

  /** Hands on what there is. */
  flush(): void {
    if (this.isEmpty) return;
    const { buffer } = this.#words;
    const used = this.#used;
    this.#words[0] = used;
    this.#buffer = NO_BUFFER;
    this.#used = HEAD_BYTES;
    this.#frame = null;
    this.#post(buffer as ArrayBuffer, used);
  }

  /** @param behindBytes room that a new batch has behind it; one record's, if there is any, in whichever batch it is */
  #putData(kind: Kind, connection: number, data: string | Uint8Array, behindBytes: number): number {
    const room = RECORD_BYTES + Math.min(behindBytes, RECORD_BYTES);
    if (typeof data !== 'string') {
      this.#reserve(room + wholePlaces(data.length), behindBytes);
      this.#write(kind, connection, data.length);
      this.#buffer.set(data, this.#used);
      this.#used += wholePlaces(data.length);
      return data.length;
    }
    // Counting is dearer than too much room, where there is little to count.
    const mostBytes = wholePlaces(data.length * MAX_UTF8_BYTES);
    if (!this.#hasRoomFor(room + mostBytes)) {
      this.#reserve(room + wholePlaces(Buffer.byteLength(data)), behindBytes);
    }
    const bytes = this.#buffer.write(data, this.#used + RECORD_BYTES, 'utf8');
    this.#write(kind, connection, bytes);
    this.#used += wholePlaces(bytes);
    return bytes;
  }

  #write(kind: Kind, connection: number, value: number): void {
    const at = this.#used / WORD_BYTES;
    this.#words[at] = kind;
    this.#words[at + 1] = connection;
    this.#words[at + 2] = value;
    this.#used += RECORD_BYTES;
  }

  #hasRoomFor(bytes: number): boolean {
    return this.#used + bytes <= this.#buffer.length;
  }

  /** @param behindBytes more room that a new batch has for what follows */
  #reserve(bytes: number, behindBytes: number): void {
    if (this.#hasRoomFor(bytes)) return;
    this.flush();
    const needed = HEAD_BYTES + bytes + behindBytes;
    const buffer = needed <= BATCH_BYTES ? this.#newBuffer() : new ArrayBuffer(needed);
    this.#buffer = Buffer.from(buffer);
    this.#words = new Uint32Array(buffer);
  }
}

/** How many bytes of a batch are used. */
export const batchBytes = (batch: ArrayBuffer): number => new Uint32Array(batch, 0, 1)[0] as number;

const NO_BYTES = new Uint8Array(0);

/** Reads the records of a batch, in order. */
export class BatchReader {
  kind: Kind = TO_CORE.taken;
  connection = 0;
  value = 0;
  /** A part of the batch, where the kind has one. */
  bytes: Uint8Array = NO_BYTES;
  readonly #batch: ArrayBuffer;
  readonly #words: Uint32Array;
  readonly #end: number;
  #at = HEAD_BYTES;

  /** @throws RangeError where it is no batch */
  constructor(batch: ArrayBuffer) {
    this.#batch = batch;
    this.#words = new Uint32Array(batch);
    this.#end = batchBytes(batch);
    if (this.#end > batch.byteLength)
      throw new RangeError(`a batch of ${this.#end} bytes in ${batch.byteLength}`);
  }

  /** Steps to the next record; false where there is none. @throws RangeError where it is none */
  next(): boolean {
    const at = this.#at;
    if (at >= this.#end) return false;
    if (at + RECORD_BYTES > this.#end) throw new RangeError(`a record in ${this.#end - at} bytes`);
    const word = at / WORD_BYTES;
    this.kind = this.#words[word] as Kind;
    this.connection = this.#words[word + 1] as number;
    this.value = this.#words[word + 2] as number;
    this.#at = at + RECORD_BYTES;
    if (!WITH_BYTES.has(this.kind)) return true;
    const bytes = this.value;
    if (this.#at + bytes > this.#end)
      throw new RangeError(`a record of ${bytes} bytes in ${this.#end - this.#at}`);
    this.bytes = new Uint8Array(this.#batch, this.#at, bytes);
    this.#at += wholePlaces(bytes);
    return true;
  }
}
