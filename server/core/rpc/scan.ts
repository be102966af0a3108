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
/** Bytes in a word. */
const WORD = 4;

interface Entry<Route> {
  readonly name: Uint8Array;
  readonly route: Route;
  /** A request without params up to its id, and its first words as numbers. */
  readonly plain: Uint8Array;
  readonly plainWords: Int32Array;
}

/** FNV-1a over a name's bytes; any hash would do, a hit is compared byte by byte. */
const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/**
 * Scans one message at a time. After a hit its fields say where the id and the params stand, until the next scan.
 */
export class RequestScanner<Route> {
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
      const plainWords = wordsOf(plain);
      this.#buckets[at] = [...(this.#buckets[at] ?? []), { name, route, plain, plainWords }];
    }
  }

  /** The route of a canonical request; null for everything else. */
  scan(bytes: Uint8Array): Route | null {
    const latest = this.#latest;
    if (latest !== null && this.#isPlain(bytes, latest)) return latest.route;
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
    return entry.route;
  }

  /**
   * Is it the entry's method without params, spelled `"params":{}`? Four bytes at a time, which takes half the time
   * of looking at each; what it finds, the rest of this class would find as well.
   */
  #isPlain(bytes: Uint8Array, { plain, plainWords }: Entry<Route>): boolean {
    const { length } = plain;
    if (bytes.length <= length || bytes.byteOffset % WORD !== 0) return false;
    const words = new Int32Array(bytes.buffer, bytes.byteOffset, plainWords.length);
    for (let i = 0; i < plainWords.length; i += 1) if (words[i] !== plainWords[i]) return false;
    for (let i = plainWords.length * WORD; i < length; i += 1) if (bytes[i] !== plain[i]) return false;
    const end = bytes.length - 1;
    if (bytes[end] !== CLOSE_BRACE || this.#scanIdBackwards(bytes, end) < 0) return false;
    if (this.idFrom !== length) return false;
    this.paramsTo = length - ID.length;
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

const wordsOf = (bytes: Uint8Array): Int32Array =>
  new Int32Array(bytes.slice(0, bytes.length - (bytes.length % WORD)).buffer);

const isDigit = (byte: number): boolean => byte >= ZERO && byte <= NINE;

const startsWith = (bytes: Uint8Array, expected: Uint8Array, at: number): boolean => {
  if (at + expected.length > bytes.length) return false;
  for (let i = 0; i < expected.length; i += 1) if (bytes[at + i] !== expected[i]) return false;
  return true;
};
