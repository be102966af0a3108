/**
 * What kind of message a server sent, told by a few of its bytes: a generator that parsed what it gets would be slower
 * than what it measures. All rests on members coming in the order in which gateways write them.
 */

/** A result, an error, or one of the notifications that a generator looks at. */
export const Kind = {
  reply: 0,
  failure: 1,
  ping: 2,
  chunk: 3,
  complete: 4,
  other: 5,
} as const;
export type Kind = (typeof Kind)[keyof typeof Kind];

const HEAD = '{"jsonrpc":"2.0",';
/** Of the name of the member that follows the head, behind its quote. */
const MEMBER_AT = HEAD.length + 1;
/** Of a notification's method, behind its quote. */
const METHOD_AT = HEAD.length + '"method":"'.length;

const BRACE = 0x7d;
const QUOTE = 0x22;
const COLON = 0x3a;
const ZERO = 0x30;
const letter = (text: string): number => text.charCodeAt(0);
const R = letter('r');
const E = letter('e');
const M = letter('m');
const H = letter('h');
const C = letter('c');
const S = letter('s');
const I = letter('i');
const T = letter('t');
/** Where the names of methods differ. */
const CHAT_AT = METHOD_AT + 'cha'.length;
const CHAT_EVENT_AT = METHOD_AT + 'chat.'.length;
const BEAT_AT = METHOD_AT + 'heartbeat.p'.length;

/** The kind of the message at `bytes[start … end)`. A request that comes back, as from an echo, is a reply. */
export const kindOf = (bytes: Uint8Array, start: number, end: number): Kind => {
  if (end - start <= METHOD_AT) return Kind.other;
  const member = bytes[start + MEMBER_AT];
  if (member === R) return Kind.reply;
  if (member === E) return Kind.failure;
  if (member !== M) return Kind.other;
  // The params of a notification end it; a request has its id behind them.
  if (bytes[end - 2] !== BRACE) return Kind.reply;
  const first = bytes[start + METHOD_AT];
  if (first === H) return bytes[start + BEAT_AT] === I ? Kind.ping : Kind.other;
  if (first !== C || bytes[start + CHAT_AT] !== T) return Kind.other;
  const event = bytes[start + CHAT_EVENT_AT];
  if (event === S) return Kind.chunk;
  return event === C ? Kind.complete : Kind.other;
};

/** How many source chunks the `chat.stream` at `bytes[start … end)` carries: its `span`, which comes last, or one. */
export const spanOf = (bytes: Uint8Array, end: number): number => {
  // Without a span a string ends the params.
  let at = end - 3;
  if (bytes[at] === QUOTE) return 1;
  let span = 0;
  for (let unit = 1; bytes[at] !== COLON && unit < 1e9; unit *= 10, at -= 1) {
    const digit = (bytes[at] as number) - ZERO;
    if (digit < 0 || digit > 9) return 1;
    span += digit * unit;
  }
  return span;
};

/** The id of a reply where it is one digit and stands last, as a gateway writes it; NaN for every other. */
export const digitIdOf = (bytes: Uint8Array, end: number): number => {
  const digit = (bytes[end - 2] as number) - ZERO;
  return bytes[end - 3] === COLON && digit >= 0 && digit <= 9 ? digit : Number.NaN;
};
