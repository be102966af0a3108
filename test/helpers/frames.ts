/** WebSocket frames by the bit (RFC 6455 section 5.2), the lawful and the other ones. */
import { randomBytes } from 'node:crypto';

export const OPCODE = {
  continuation: 0x0,
  text: 0x1,
  binary: 0x2,
  close: 0x8,
  ping: 0x9,
  pong: 0xa,
} as const;

export interface FrameFields {
  /** Default: text. */
  readonly opcode?: number;
  /** Default: true. */
  readonly fin?: boolean;
  /** RSV1–3 as a number of three bits; default 0. */
  readonly reserved?: number;
  /** Default: true, as section 5.1 wants it of clients. */
  readonly masked?: boolean;
}

/** One frame as a client writes it, unless the fields say otherwise; its length in the shortest form. */
export const encodeFrame = (content: string | Buffer, fields: FrameFields = {}): Buffer => {
  const { opcode = OPCODE.text, fin = true, reserved = 0, masked = true } = fields;
  const payload = typeof content === 'string' ? Buffer.from(content) : content;
  const { length } = payload;
  const extra = length < 126 ? 0 : length < 65_536 ? 2 : 8;
  const head = Buffer.alloc(2 + extra);
  head[0] = (fin ? 0x80 : 0) | (reserved << 4) | opcode;
  head[1] = (masked ? 0x80 : 0) | (extra === 0 ? length : extra === 2 ? 126 : 127);
  if (extra === 2) head.writeUInt16BE(length, 2);
  if (extra === 8) head.writeBigUInt64BE(BigInt(length), 2);
  if (!masked) return Buffer.concat([head, payload]);
  const mask = randomBytes(4);
  const body = Buffer.from(payload);
  for (let at = 0; at < length; at += 1) body[at] = (body[at] ?? 0) ^ (mask[at % 4] ?? 0);
  return Buffer.concat([head, mask, body]);
};

/** The payload of a close frame (section 5.5.1). */
export const closePayload = (code: number, reason = ''): Buffer => {
  const payload = Buffer.alloc(2 + Buffer.byteLength(reason));
  payload.writeUInt16BE(code, 0);
  payload.write(reason, 2);
  return payload;
};

/** A frame as a server sends it: never masked. */
export interface ServerFrame {
  readonly opcode: number;
  readonly fin: boolean;
  readonly payload: Buffer;
  /** Where it ends in the bytes that it was taken from. */
  readonly end: number;
}

/** The first frame in `bytes`, or null where it is not complete. */
export const decodeServerFrame = (bytes: Buffer): ServerFrame | null => {
  const [first, second] = bytes;
  if (first === undefined || second === undefined) return null;
  const extra = second === 126 ? 2 : second === 127 ? 8 : 0;
  const start = 2 + extra;
  if (bytes.length < start) return null;
  const length =
    extra === 0 ? second : extra === 2 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
  const end = start + length;
  if (bytes.length < end) return null;
  return { opcode: first & 0x0f, fin: (first & 0x80) !== 0, payload: bytes.subarray(start, end), end };
};
