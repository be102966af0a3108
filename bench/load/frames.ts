/** WebSocket frames (RFC 6455 section 5.2) as a generator of load wants them: made once, and counted without being parsed. */

const FIN = 0x80;
const MASKED = 0x80;
/** Any key is as good as another for a client that is no browser; the server unmasks all the same. */
const MASK = Buffer.from([0x37, 0xfa, 0x21, 0x3d]);

export const TEXT = 0x1;
export const CLOSE = 0x8;
export const PING = 0x9;
export const PONG = 0xa;

/** A text frame as a client sends it. */
export const maskedText = (text: string): Buffer => masked(TEXT, Buffer.from(text));

/** A whole message as a client sends it, in one frame. */
export const masked = (opcode: number, payload: Buffer): Buffer => {
  const { length } = payload;
  const extra = length < 126 ? 0 : length < 65_536 ? 2 : 8;
  const head = Buffer.alloc(2 + extra);
  head[0] = FIN | opcode;
  head[1] = MASKED | (extra === 0 ? length : extra === 2 ? 126 : 127);
  if (extra === 2) head.writeUInt16BE(length, 2);
  if (extra === 8) head.writeBigUInt64BE(BigInt(length), 2);
  const body = Buffer.from(payload);
  for (let at = 0; at < length; at += 1) body[at] = (body[at] as number) ^ (MASK[at % 4] as number);
  return Buffer.concat([head, MASK, body]);
};

export interface FrameHandler {
  /** A complete frame, its payload at `bytes[start … end)`: only there while this is called. */
  onFrame(opcode: number, bytes: Buffer, start: number, end: number): void;
}

/** Finds the frames of a server, which are never masked, in bytes that come in any pieces. */
export class FrameScanner {
  readonly #handler: FrameHandler;
  /** The beginning of a frame whose end has not come; null at a frame's border, where most pieces end. */
  #rest: Buffer | null = null;

  constructor(handler: FrameHandler) {
    this.#handler = handler;
  }

  /** Takes the next bytes; keeps none of them but a copy of an unfinished frame. */
  scan(piece: Buffer): void {
    const bytes = this.#rest === null ? piece : Buffer.concat([this.#rest, piece]);
    let at = 0;
    for (;;) {
      const start = payloadStart(bytes, at);
      if (start === null) break;
      const end = start + payloadLength(bytes, at);
      if (end > bytes.length) break;
      this.#handler.onFrame((bytes[at] as number) & 0x0f, bytes, start, end);
      at = end;
    }
    this.#rest = at === bytes.length ? null : Buffer.from(bytes.subarray(at));
  }
}

/** Where the payload of the frame at `at` begins; null while its head is not complete. */
const payloadStart = (bytes: Buffer, at: number): number | null => {
  const short = bytes[at + 1];
  if (short === undefined) return null;
  const start = at + (short === 126 ? 4 : short === 127 ? 10 : 2);
  return start <= bytes.length ? start : null;
};

const payloadLength = (bytes: Buffer, at: number): number => {
  const short = bytes[at + 1] as number;
  if (short < 126) return short;
  return short === 126 ? bytes.readUInt16BE(at + 2) : Number(bytes.readBigUInt64BE(at + 2));
};

const PING_HEAD = Buffer.from('{"jsonrpc":"2.0","method":"heartbeat.ping"');
const SEQ = Buffer.from('"seq":');
const ZERO = 0x30;

/** The `seq` of a `heartbeat.ping` at `bytes[start … end)`; null where it is something else. */
export const pingSeq = (bytes: Buffer, start: number, end: number): number | null => {
  if (end - start < PING_HEAD.length) return null;
  if (bytes.compare(PING_HEAD, 0, PING_HEAD.length, start, start + PING_HEAD.length) !== 0) return null;
  let at = bytes.indexOf(SEQ, start + PING_HEAD.length);
  if (at === -1 || at >= end) return null;
  at += SEQ.length;
  let seq = 0;
  for (; at < end; at += 1) {
    const digit = (bytes[at] as number) - ZERO;
    if (digit < 0 || digit > 9) break;
    seq = seq * 10 + digit;
  }
  return seq;
};
