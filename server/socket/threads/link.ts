/**
 * What a socket thread and the core tell each other: records, all those of one turn in one buffer, which changes its
 * owner instead of being copied. A plain data structure that knows neither threads nor sockets.
 *
 * A batch is the number of its bytes that are used, then records: kind (1 byte), connection (4), value (4), and for
 * some kinds as many bytes as the value says.
 */

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
  /** So many bytes wait for the client. */
  backlog: 20,
  /** The same, fewer than before: the client takes them. */
  drained: 21,
  /** It has gone. The value is 1 where the gateway's side has ended it. */
  gone: 22,
  /** Everything in the oldest batch with frames that was not told of yet has been given to the sockets. */
  taken: 23,
} as const;

export type Kind = (typeof TO_SOCKETS)[keyof typeof TO_SOCKETS] | (typeof TO_CORE)[keyof typeof TO_CORE];

const WITH_BYTES: ReadonlySet<number> = new Set([TO_SOCKETS.frame, TO_CORE.opened, TO_CORE.text]);

const HEAD_BYTES = 4;
const RECORD_BYTES = 9;
/** A batch that is full is sent at once, so that the other side begins. Only a record that is larger alone has more. */
export const BATCH_BYTES = 64 * 1024;
/** A UTF-16 unit takes this many bytes of UTF-8 at most. */
const MAX_UTF8_BYTES = 3;

const NO_BUFFER = Buffer.from(new ArrayBuffer(0));

/** Takes what is to be told, and hands it on in batches. */
export class BatchWriter {
  readonly #post: (batch: ArrayBuffer, usedBytes: number) => void;
  readonly #newBuffer: () => ArrayBuffer;
  /** Empty between two batches. */
  #buffer = NO_BUFFER;
  #view = new DataView(NO_BUFFER.buffer);
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
    this.#reserve(RECORD_BYTES);
    this.#write(kind, connection, value);
  }

  /** @param data bytes, which need not outlive the call, or text. Returns how many bytes of UTF-8 they are. */
  putData(kind: Kind, connection: number, data: string | Uint8Array): number {
    return this.#putData(kind, connection, data, 0);
  }

  /** A frame for one connection. The same text for one after another travels once a batch. Returns its bytes. */
  send(connection: number, frame: string | Uint8Array): number {
    if (frame !== this.#frame || !this.#hasRoomFor(RECORD_BYTES)) {
      this.#frameBytes = this.#putData(TO_SOCKETS.frame, 0, frame, RECORD_BYTES);
      this.#frame = typeof frame === 'string' ? frame : null;
    }
    this.#write(TO_SOCKETS.to, connection, 0);
    return this.#frameBytes;
  }

  /** Hands on what there is. */
  flush(): void {
    if (this.isEmpty) return;
    const { buffer } = this.#view;
    const used = this.#used;
    this.#view.setUint32(0, used, true);
    this.#buffer = NO_BUFFER;
    this.#used = HEAD_BYTES;
    this.#frame = null;
    this.#post(buffer as ArrayBuffer, used);
  }

  /** @param behindBytes room that must be left behind it in the same batch */
  #putData(kind: Kind, connection: number, data: string | Uint8Array, behindBytes: number): number {
    if (typeof data !== 'string') {
      this.#reserve(RECORD_BYTES + data.length + behindBytes);
      this.#write(kind, connection, data.length);
      this.#buffer.set(data, this.#used);
      this.#used += data.length;
      return data.length;
    }
    // Counting is dearer than too much room, where there is little to count.
    const most = data.length * MAX_UTF8_BYTES;
    const room = RECORD_BYTES + behindBytes;
    if (!this.#hasRoomFor(room + most)) this.#reserve(room + Buffer.byteLength(data));
    const bytes = this.#buffer.write(data, this.#used + RECORD_BYTES, 'utf8');
    this.#write(kind, connection, bytes);
    this.#used += bytes;
    return bytes;
  }

  #write(kind: Kind, connection: number, value: number): void {
    const at = this.#used;
    this.#view.setUint8(at, kind);
    this.#view.setUint32(at + 1, connection, true);
    this.#view.setUint32(at + 5, value, true);
    this.#used = at + RECORD_BYTES;
  }

  #hasRoomFor(bytes: number): boolean {
    return this.#used + bytes <= this.#buffer.length;
  }

  #reserve(bytes: number): void {
    if (this.#hasRoomFor(bytes)) return;
    this.flush();
    const needed = HEAD_BYTES + bytes;
    const buffer = needed <= BATCH_BYTES ? this.#newBuffer() : new ArrayBuffer(needed);
    this.#buffer = Buffer.from(buffer);
    this.#view = new DataView(buffer);
  }
}

/** How many bytes of a batch are used. */
export const batchBytes = (batch: ArrayBuffer): number => new DataView(batch).getUint32(0, true);

const NO_BYTES = new Uint8Array(0);

/** Reads the records of a batch, in order. */
export class BatchReader {
  kind: Kind = TO_CORE.taken;
  connection = 0;
  value = 0;
  /** A part of the batch; empty where the kind has none. */
  bytes: Uint8Array = NO_BYTES;
  readonly #batch: ArrayBuffer;
  readonly #view: DataView;
  readonly #end: number;
  #at = HEAD_BYTES;

  /** @throws RangeError where it is no batch */
  constructor(batch: ArrayBuffer) {
    this.#batch = batch;
    this.#view = new DataView(batch);
    this.#end = this.#view.getUint32(0, true);
    if (this.#end > batch.byteLength)
      throw new RangeError(`a batch of ${this.#end} bytes in ${batch.byteLength}`);
  }

  /** Steps to the next record; false where there is none. @throws RangeError where it is none */
  next(): boolean {
    const at = this.#at;
    if (at >= this.#end) return false;
    this.kind = this.#view.getUint8(at) as Kind;
    this.connection = this.#view.getUint32(at + 1, true);
    this.value = this.#view.getUint32(at + 5, true);
    this.#at = at + RECORD_BYTES;
    if (!WITH_BYTES.has(this.kind)) return true;
    const bytes = this.value;
    if (this.#at + bytes > this.#end)
      throw new RangeError(`a record of ${bytes} bytes in ${this.#end - this.#at}`);
    this.bytes = new Uint8Array(this.#batch, this.#at, bytes);
    this.#at += bytes;
    return true;
  }
}
