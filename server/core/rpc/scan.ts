/**
 * The fast path of a message: a request in its canonical spelling is recognised in the frame's bytes,
 * without decoding or parsing anything but its `params`.
 *
 * Canonical is `{"jsonrpc":"2.0","method":"NAME","params":{…},"id":ID}` without a space between its
 * members, `params` and `id` each left out or not, where NAME is a method of the route table and ID a
 * string of printable ASCII without escapes or an integer of at most 15 digits. Whatever is not is left to
 * JSON.parse and {@link readRequest}, which judge a canonical one exactly alike: the bytes around
 * `params` are known one by one, so if what is between them is a JSON value, the whole is a JSON object
 * of just these members, and no other reading of it exists.
 */

import type { WholeBuffer } from '../sessions/peer.js';
import type { PrebuiltReply, ReplyShell } from './reply.js';

const encoder = new TextEncoder();
const HEAD = encoder.encode('{"jsonrpc":"2.0","method":"');
const PARAMS = encoder.encode('","params":');
const ID = encoder.encode(',"id":');

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const SPACE = 0x20;
const TILDE = 0x7e;
const ZERO = 0x30;
const NINE = 0x39;

const MAX_ID_LENGTH = 128;
/** Every integer of so many digits is a safe one. */
const MAX_ID_DIGITS = 15;
const MAX_METHOD_LENGTH = 64;

/** `{}` */
const NO_PARAMS_LENGTH = 2;
/** Bytes in a word: a double, the widest that is compared without an allocation. */
const WORD = Float64Array.BYTES_PER_ELEMENT;

/** What a scanner needs to know of a method. */
export interface Scannable {
  /** The answer to whoever asks without params, where it is always the same. */
  readonly prebuilt: PrebuiltReply | null;
}

interface Entry<Route> {
  readonly name: Uint8Array;
  readonly route: Route;
  readonly prebuilt: PrebuiltReply | null;
  /** A request without params up to its id: its first words, and the bytes behind them. */
  readonly plainWords: readonly number[];
  readonly plainRest: readonly number[];
}

/** FNV-1a over a name's bytes; any hash would do, a hit is compared byte by byte. */
const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/**
 * Scans one message at a time. After a hit its fields say where the id and the params stand, until the next scan.
 */
export class RequestScanner<Route extends Scannable> {
  readonly #buckets: (readonly Entry<Route>[])[];
  readonly #mask: number;
  /** Of the request before: most requests are like it. */
  #latest: Entry<Route> | null = null;
  /** The id as JSON is at [idFrom, idTo); empty for a notification. */
  idFrom = 0;
  idTo = 0;
  /** The params as JSON, braces included, are at [paramsFrom, paramsTo), if they are JSON at all; empty where there are none. */
  paramsFrom = 0;
  paramsTo = 0;
  /** The whole answer, where that is known before the request and one is wanted. */
  answer: WholeBuffer | null = null;

  constructor(routes: ReadonlyMap<string, Route>) {
    let size = 64;
    while (size < routes.size * 4) size *= 2;
    this.#mask = size - 1;
    this.#buckets = Array.from({ length: size }, () => []);
    for (const [method, route] of routes) {
      const name = encoder.encode(method);
      let hash = FNV_OFFSET;
      for (const byte of name) hash = Math.imul(hash ^ byte, FNV_PRIME);
      const at = hash & this.#mask;
      const plain = encoder.encode(`{"jsonrpc":"2.0","method":"${method}","params":{},"id":`);
      const wordBytes = plain.length - (plain.length % WORD);
      // Plain arrays: every look into a typed one asks whether its bytes are still there. Of doubles as such, which
      // they are only if each is added to an array that is there: spread, every one is a box.
      const plainWords: number[] = [];
      for (const word of new Float64Array(plain.slice(0, wordBytes).buffer)) plainWords.push(word);
      const { prebuilt } = route;
      const entry = { name, route, prebuilt, plainWords, plainRest: [...plain.slice(wordBytes)] };
      this.#buckets[at] = [...(this.#buckets[at] ?? []), entry];
    }
  }

  /**
   * The route of a canonical request; null for everything else.
   *
   * @param buffer where the bytes are, from `offset` on: asking them for it takes as long as half of the scan
   */
  scan(bytes: Uint8Array, buffer: ArrayBufferLike, offset: number): Route | null {
    const latest = this.#latest;
    if (latest !== null && offset % WORD === 0 && this.#isPlain(bytes, buffer, offset, latest)) {
      return latest.route;
    }
    if (!startsWith(bytes, HEAD, 0)) return null;
    let hash = FNV_OFFSET;
    let at = HEAD.length;
    const last = Math.min(at + MAX_METHOD_LENGTH, bytes.length);
    for (; at < last; at += 1) {
      const byte = bytes[at] as number;
      if (byte === QUOTE) break;
      hash = Math.imul(hash ^ byte, FNV_PRIME);
    }
    const entry = this.#find(bytes, at, hash);
    if (entry === null || !this.#scanRest(bytes, at)) return null;
    this.#latest = entry;
    const { idFrom, idTo } = this;
    const isPlain = idFrom < idTo && this.paramsTo - this.paramsFrom <= NO_PARAMS_LENGTH;
    this.answer = isPlain ? (entry.prebuilt?.withId(bytes, idFrom, idTo) ?? null) : null;
    return entry.route;
  }

  /**
   * Is it the entry's method without params, spelled `"params":{}`? Eight bytes at a time: every look at bytes of a frame
   * asks first whether they have been taken away. What it finds, the rest of this class would find as well.
   */
  #isPlain(bytes: Uint8Array, buffer: ArrayBufferLike, offset: number, entry: Entry<Route>): boolean {
    const { plainWords, plainRest } = entry;
    const wordCount = plainWords.length;
    const restBytes = plainRest.length;
    const wordBytes = wordCount * WORD;
    const idFrom = wordBytes + restBytes;
    // The length of a typed array is taken for a double, which makes all that is reckoned with it one, unless it is cut.
    const end = (bytes.length | 0) - 1;
    if (end <= idFrom) return false;
    const words = new Float64Array(buffer, offset, wordCount);
    // As numbers, ASCII text is equal only to itself: it spells neither a zero nor what is not a number.
    for (let i = 0; i < wordCount; i += 1) if (words[i] !== plainWords[i]) return false;
    for (let i = 0; i < restBytes; i += 1) if (bytes[wordBytes + i] !== plainRest[i]) return false;
    if (bytes[end] !== CLOSE_BRACE || end - idFrom > MAX_ID_LENGTH + 2) return false;
    const { prebuilt } = entry;
    if (prebuilt === null) {
      if (!isId(bytes, idFrom, end)) return false;
      this.answer = null;
    } else {
      const shell = prebuilt.shell(end - idFrom);
      if (!writeId(bytes, idFrom, end, shell)) return false;
      this.answer = shell;
    }
    this.idFrom = idFrom;
    this.idTo = end;
    this.paramsTo = idFrom - ID.length;
    this.paramsFrom = this.paramsTo - NO_PARAMS_LENGTH;
    return true;
  }

  #find(bytes: Uint8Array, end: number, hash: number): Entry<Route> | null {
    const bucket = this.#buckets[hash & this.#mask] as readonly Entry<Route>[];
    for (let i = 0; i < bucket.length; i += 1) {
      const entry = bucket[i] as Entry<Route>;
      const { name } = entry;
      if (HEAD.length + name.length === end && startsWith(bytes, name, HEAD.length)) return entry;
    }
    return null;
  }

  /** What follows the method's name, from its closing quote on. */
  #scanRest(bytes: Uint8Array, quoteAt: number): boolean {
    const end = bytes.length - 1;
    if (bytes[end] !== CLOSE_BRACE) return false;
    const tail = this.#scanIdBackwards(bytes, end);
    if (tail < 0) return false;
    // Without params the tail begins right behind the name's quote.
    if (tail === quoteAt + 1 && bytes[quoteAt] === QUOTE) {
      this.paramsFrom = 0;
      this.paramsTo = 0;
      return true;
    }
    const paramsFrom = quoteAt + PARAMS.length;
    if (tail < paramsFrom + 2 || !startsWith(bytes, PARAMS, quoteAt)) return false;
    if (bytes[paramsFrom] !== OPEN_BRACE || bytes[tail - 1] !== CLOSE_BRACE) return false;
    this.paramsFrom = paramsFrom;
    this.paramsTo = tail;
    return true;
  }

  /** Looks for `,"id":ID` before `end`. Where it begins, `end` for a notification, −1 for neither. */
  #scanIdBackwards(bytes: Uint8Array, end: number): number {
    const byte = bytes[end - 1] as number;
    if (byte === CLOSE_BRACE) {
      this.idFrom = end;
      this.idTo = end;
      return end;
    }
    let from: number;
    if (byte === QUOTE) {
      from = end - 2;
      const first = Math.max(0, from - MAX_ID_LENGTH);
      while (from >= first && bytes[from] !== QUOTE) {
        const character = bytes[from] as number;
        if (character < SPACE || character > TILDE || character === BACKSLASH) return -1;
        from -= 1;
      }
      if (from < first) return -1;
    } else {
      from = end;
      const first = Math.max(0, end - MAX_ID_DIGITS);
      while (from > first && isDigit(bytes[from - 1] as number)) from -= 1;
      if (from === end || (bytes[from] === ZERO && end - from > 1)) return -1;
    }
    const idAt = from - ID.length;
    if (idAt < HEAD.length || !startsWith(bytes, ID, idAt)) return -1;
    this.idFrom = from;
    this.idTo = end;
    return idAt;
  }
}

/** Whether [from, end), which is not empty, is an id in its canonical spelling. */
const isId = (bytes: Uint8Array, from: number, end: number): boolean => {
  if (bytes[from] !== QUOTE) return isNumber(bytes, from, end);
  const last = end - 1;
  if (last === from || bytes[last] !== QUOTE) return false;
  for (let at = from + 1; at < last; at += 1) if (!isPlainCharacter(bytes[at] as number)) return false;
  return true;
};

/** The same, and writes it where a reply wants it: each byte is looked at once. */
const writeId = (bytes: Uint8Array, from: number, end: number, shell: ReplyShell): boolean => {
  const target = shell.bytes;
  const shift = shell.idFrom - from;
  if (bytes[from] !== QUOTE) {
    if (!isNumber(bytes, from, end)) return false;
    for (let at = from; at < end; at += 1) target[at + shift] = bytes[at] as number;
    return true;
  }
  const last = end - 1;
  if (last === from || bytes[last] !== QUOTE) return false;
  target[from + shift] = QUOTE;
  for (let at = from + 1; at < last; at += 1) {
    const character = bytes[at] as number;
    if (!isPlainCharacter(character)) return false;
    target[at + shift] = character;
  }
  target[last + shift] = QUOTE;
  return true;
};

const isNumber = (bytes: Uint8Array, from: number, end: number): boolean => {
  if (end - from > MAX_ID_DIGITS || (bytes[from] === ZERO && end - from > 1)) return false;
  for (let at = from; at < end; at += 1) if (!isDigit(bytes[at] as number)) return false;
  return true;
};

/** Printable ASCII that stands for itself in a string of JSON. */
const isPlainCharacter = (byte: number): boolean =>
  byte >= SPACE && byte <= TILDE && byte !== BACKSLASH && byte !== QUOTE;

const isDigit = (byte: number): boolean => byte >= ZERO && byte <= NINE;

const startsWith = (bytes: Uint8Array, expected: Uint8Array, at: number): boolean => {
  if (at + expected.length > bytes.length) return false;
  for (let i = 0; i < expected.length; i += 1) if (bytes[at + i] !== expected[i]) return false;
  return true;
};
