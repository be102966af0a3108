/** Seeded mutations of bytes and of JSON: the same seed gives the same input. */
import { encodeFrame, OPCODE } from '../helpers/frames.js';

/** Whole numbers from 0 up to and without `below`. */
export type Random = (below: number) => number;

/** Mulberry32: small, fast, and good enough to break things with. */
export const randomFrom = (seed: number): Random => {
  let state = seed | 0;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
};

/** One of several, each as likely as the others. */
export const pick = <Item>(random: Random, items: readonly Item[]): Item =>
  items[random(items.length)] as Item;

const MAX_INSERTED_BYTES = 64;

/** One to eight changes: bits turned over, bytes taken out, doubled, put in, or all behind a place cut off. */
export const mutateBytes = (random: Random, bytes: Buffer): Buffer => {
  let result: Buffer = Buffer.from(bytes);
  for (let changes = 1 + random(8); changes > 0; changes -= 1) {
    const at = random(result.length + 1);
    const length = random(MAX_INSERTED_BYTES);
    const [before, behind] = [result.subarray(0, at), result.subarray(at)];
    switch (random(5)) {
      case 0:
        if (at < result.length) result[at] = (result[at] ?? 0) ^ (1 << random(8));
        break;
      case 1:
        result = Buffer.concat([before, behind.subarray(length)]);
        break;
      case 2:
        result = Buffer.concat([before, behind.subarray(0, length), behind]);
        break;
      case 3:
        result = Buffer.concat([before, Buffer.from(Array.from({ length }, () => random(256))), behind]);
        break;
      default:
        result = Buffer.from(before);
    }
  }
  return result;
};

/** Texts that mean something to a parser, a database or JavaScript. */
const TOKENS = [
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '"',
  '\\',
  '\\u0000',
  '\\ud800',
  'null',
  'true',
  '-0',
  '1e999',
  '9007199254740993',
  '"__proto__":',
  '"constructor":',
  '"id":null',
  '"params":[]',
  '"jsonrpc":"1.0"',
  "'; DROP TABLE messages; --",
  '\u2028',
  'é',
] as const;

/** The text of a message with one to four of its parts replaced, removed, doubled or put elsewhere. */
export const mutateText = (random: Random, text: string): string => {
  let result = text;
  for (let changes = 1 + random(4); changes > 0; changes -= 1) {
    const at = random(result.length + 1);
    const end = Math.min(result.length, at + random(12));
    switch (random(4)) {
      case 0:
        result = result.slice(0, at) + pick(random, TOKENS) + result.slice(end);
        break;
      case 1:
        result = result.slice(0, at) + result.slice(end);
        break;
      case 2:
        result = result.slice(0, end) + result.slice(at);
        break;
      default:
        result = result.slice(0, at) + pick(random, TOKENS).repeat(1 + random(200)) + result.slice(at);
    }
  }
  return result;
};

const OPCODES = [
  OPCODE.text,
  OPCODE.text,
  OPCODE.continuation,
  OPCODE.binary,
  OPCODE.close,
  OPCODE.ping,
  OPCODE.pong,
];

/** A frame around a payload, with fields that need not go together. */
export const randomFrame = (random: Random, payload: string): Buffer =>
  encodeFrame(payload, {
    opcode: random(20) === 0 ? random(16) : pick(random, OPCODES),
    fin: random(4) > 0,
    reserved: random(20) === 0 ? random(8) : 0,
    masked: random(10) > 0,
  });

/** What valid clients send, before and after the handshake. */
export const seedMessages = (token: string): readonly string[] =>
  [
    [
      'auth.handshake',
      { client_id: 'fuzz', client_version: '1', token, resume: { session_id: 'sess-none' } },
    ],
    ['chat.send', { message: 'hello wörld', idempotency_key: 'k', metadata: { a: [1, 2, { b: null }] } }],
    ['chat.cancel', { message_id: 'msg-1' }],
    ['chat.resume', { message_id: 'msg-1', after_index: 3 }],
    ['chat.history', { limit: 5, before: 10 }],
    ['channel.list', {}],
    ['channel.switch', { channel_id: 'default' }],
    ['channel.update', { channel_id: 'default', name: 'x', metadata: {} }],
    ['channel.subscribe', { channel_id: 'default' }],
    ['memory.search', { query: 'hello "wörld"', limit: 3 }],
    ['heartbeat.pong', { seq: 1, client_load: 0.5 }],
    ['system.ping', {}],
    ['system.methods', {}],
    ['rpc.discover', {}],
  ].map(([method, params], id) => JSON.stringify({ jsonrpc: '2.0', method, params, id }));
