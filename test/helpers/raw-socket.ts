/** HTTP and WebSocket by the byte, for what no client library would send. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { connect as connectTls } from 'node:tls';
import type { Json } from './client.js';
import { decodeServerFrame, encodeFrame, OPCODE, type ServerFrame } from './frames.js';
import { atEnd } from './gateway.js';

/** How long a test waits for bytes that should be there at once. */
const PATIENCE_MS = 20_000;

export interface HttpAnswer {
  readonly status: number;
  /** By lower-case name. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/** How to connect. */
export interface Approach {
  /** The address to come from. */
  readonly from?: string;
  /** Over TLS, whatever the certificate. */
  readonly tls?: boolean;
  /** Bytes ahead of the request, in the same write. */
  readonly preamble?: Buffer;
}

export interface HttpQuestion extends Approach {
  readonly method?: string;
  readonly path?: string;
  /** Written in this order, one line each; `Host` too must be named here. */
  readonly headers?: readonly (readonly [name: string, value: string])[];
}

/** The headers of a proper upgrade request (RFC 6455 section 4.1), without `Host`. */
export const UPGRADE_HEADERS = [
  ['Upgrade', 'websocket'],
  ['Connection', 'Upgrade'],
  ['Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ=='],
  ['Sec-WebSocket-Version', '13'],
] as const;

/** Bytes as they come, and a wait for more. */
class Inbox {
  bytes = Buffer.alloc(0);
  ended = false;
  readonly socket: Socket;
  #wake: () => void = () => {};

  constructor(t: TestContext, port: number, { from, tls = false }: Approach) {
    const to = { host: '127.0.0.1', port, ...(from === undefined ? {} : { localAddress: from }) };
    this.socket = tls ? connectTls({ ...to, rejectUnauthorized: false }) : connect(to);
    this.socket.on('error', () => {});
    this.socket.on('data', (more) => {
      this.bytes = Buffer.concat([this.bytes, more]);
      this.#wake();
    });
    this.socket.on('close', () => {
      this.ended = true;
      this.#wake();
    });
    atEnd(t, () => this.socket.destroy());
  }

  /** Waits until `take` finds what it looks for. Throws where the connection ends or nothing comes. */
  async until<T>(take: () => T | null, what: string): Promise<T> {
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      this.#wake();
    }, PATIENCE_MS);
    try {
      for (;;) {
        const taken = take();
        if (taken !== null) return taken;
        if (this.ended) throw new Error(`the connection ended before ${what}`);
        if (late) throw new Error(`no ${what} within ${PATIENCE_MS} ms`);
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    } finally {
      clearTimeout(timer);
    }
  }

  /** Takes a response off the front; its body only as far as `Content-Length` announces one. */
  takeResponse(): HttpAnswer | null {
    const end = this.bytes.indexOf('\r\n\r\n');
    if (end === -1) return null;
    const [statusLine = '', ...lines] = this.bytes.subarray(0, end).toString('latin1').split('\r\n');
    const headers = new Map<string, string>();
    for (const line of lines) {
      const colon = line.indexOf(':');
      headers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
    }
    const bodyEnd = end + 4 + Number(headers.get('content-length') ?? 0);
    if (this.bytes.length < bodyEnd) return null;
    const body = this.bytes.subarray(end + 4, bodyEnd).toString();
    this.bytes = this.bytes.subarray(bodyEnd);
    return { status: Number(statusLine.split(' ')[1]), headers, body };
  }
}

/** A request as its bytes, its preamble ahead of it. */
export const requestBytes = ({
  method = 'GET',
  path = '/',
  headers = [],
  preamble = Buffer.alloc(0),
}: HttpQuestion): Buffer => {
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.concat([preamble, Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`)]);
};

const withHost = (
  port: number,
  headers: HttpQuestion['headers'] = [],
): NonNullable<HttpQuestion['headers']> =>
  headers.some(([name]) => name.toLowerCase() === 'host')
    ? headers
    : [['Host', `127.0.0.1:${port}`], ...headers];

/** Sends one request, exactly as written, and gives the answer to it. */
export const askHttp = async (t: TestContext, port: number, question: HttpQuestion): Promise<HttpAnswer> => {
  const inbox = new Inbox(t, port, question);
  inbox.socket.write(requestBytes(question));
  const answer = await inbox.until(() => inbox.takeResponse(), 'an HTTP response');
  inbox.socket.destroy();
  return answer;
};

/** The answer to a proper upgrade request; 101 where a WebSocket opened, which is dropped again. */
export const askUpgrade = (
  t: TestContext,
  port: number,
  { headers = [], ...rest }: HttpQuestion = {},
): Promise<HttpAnswer> =>
  askHttp(t, port, { ...rest, headers: withHost(port, [...UPGRADE_HEADERS, ...headers]) });

/** Sends bytes as they are and gives every response that comes until the connection ends. */
export const answersUntilEnd = async (
  t: TestContext,
  port: number,
  bytes: Buffer,
  approach: Approach = {},
): Promise<readonly HttpAnswer[]> => {
  const inbox = new Inbox(t, port, approach);
  inbox.socket.write(bytes);
  await inbox.until(() => (inbox.ended ? true : null), 'the end');
  const answers: HttpAnswer[] = [];
  for (let next = inbox.takeResponse(); next !== null; next = inbox.takeResponse()) answers.push(next);
  return answers;
};

/** A connection on which nothing has been said yet. */
export class SilentSocket {
  readonly socket: Socket;
  readonly #inbox: Inbox;

  private constructor(inbox: Inbox) {
    this.#inbox = inbox;
    this.socket = inbox.socket;
  }

  static async open(t: TestContext, port: number, approach: Approach = {}): Promise<SilentSocket> {
    const inbox = new Inbox(t, port, approach);
    await once(inbox.socket, approach.tls === true ? 'secureConnect' : 'connect');
    return new SilentSocket(inbox);
  }

  /** Breaks the silence. */
  ask(question: HttpQuestion): Promise<HttpAnswer> {
    this.socket.write(requestBytes(question));
    return this.#inbox.until(() => this.#inbox.takeResponse(), 'an HTTP response');
  }
}

/** What a gateway sends: a JSON text, or the end. */
export type RawEvent =
  | { readonly json: Json }
  | { readonly close: { readonly code: number; readonly reason: string } };

/** A WebSocket whose frames leave in exactly the writes that the test asks for. */
export class RawWebSocket {
  readonly #inbox: Inbox;

  private constructor(inbox: Inbox) {
    this.#inbox = inbox;
  }

  /** Throws where the upgrade is refused. */
  static async open(t: TestContext, port: number, question: HttpQuestion = {}): Promise<RawWebSocket> {
    const inbox = new Inbox(t, port, question);
    const headers = withHost(port, [...UPGRADE_HEADERS, ...(question.headers ?? [])]);
    inbox.socket.write(requestBytes({ ...question, headers }));
    const { status } = await inbox.until(() => inbox.takeResponse(), 'the upgrade');
    if (status !== 101) throw new Error(`the upgrade got ${status}`);
    return new RawWebSocket(inbox);
  }

  /** Sends one text frame for each member, all in one write. Objects go as JSON, bytes as they are. */
  write(...messages: readonly (string | Buffer | object)[]): void {
    const frames = messages.map((message) =>
      encodeFrame(
        Buffer.isBuffer(message) || typeof message === 'string' ? message : JSON.stringify(message),
      ),
    );
    this.writeBytes(Buffer.concat(frames));
  }

  /** Sends bytes as they are. */
  writeBytes(bytes: Buffer): void {
    this.#inbox.socket.write(bytes);
  }

  /** Sends bytes, each in a write of its own that the kernel has taken before the next one. */
  async writeOneByOne(bytes: Buffer): Promise<void> {
    const { socket } = this.#inbox;
    socket.setNoDelay(true);
    for (const byte of bytes) await new Promise((resolve) => socket.write(Buffer.of(byte), resolve));
  }

  /** Reads nothing more until {@link resume}. */
  pause(): void {
    this.#inbox.socket.pause();
  }

  resume(): void {
    this.#inbox.socket.resume();
  }

  /** The next frame of any kind. Throws where TCP ends before one. */
  nextFrame(): Promise<ServerFrame> {
    return this.#inbox.until(() => this.#takeFrame(), 'a frame');
  }

  /** The next thing that arrives. Throws where TCP ends without a close frame. */
  next(): Promise<RawEvent> {
    return this.#inbox.until(() => this.#take(), 'a frame');
  }

  /** The next `count` answers: JSON that is no notification. */
  async answers(count: number): Promise<Json[]> {
    const taken: Json[] = [];
    while (taken.length < count) {
      const event = await this.next();
      if ('close' in event) throw new Error(`closed with ${event.close.code} ${event.close.reason}`);
      if (event.json.method === undefined) taken.push(event.json);
    }
    return taken;
  }

  /** Ends TCP without a close frame. */
  end(): void {
    this.#inbox.socket.destroy();
  }

  /** Resolves when TCP has ended. */
  async ended(): Promise<void> {
    await this.#inbox.until(() => (this.#inbox.ended ? true : null), 'the end');
  }

  /** Every frame that comes until TCP ends. */
  async rest(): Promise<readonly ServerFrame[]> {
    await this.ended();
    const frames: ServerFrame[] = [];
    for (let frame = this.#takeFrame(); frame !== null; frame = this.#takeFrame()) frames.push(frame);
    return frames;
  }

  #take(): RawEvent | null {
    for (let frame = this.#takeFrame(); frame !== null; frame = this.#takeFrame()) {
      const { opcode, payload } = frame;
      if (opcode === OPCODE.text) return { json: JSON.parse(payload.toString()) };
      if (opcode === OPCODE.close) {
        return { close: { code: payload.readUInt16BE(0), reason: payload.subarray(2).toString() } };
      }
    }
    return null;
  }

  #takeFrame(): ServerFrame | null {
    const frame = decodeServerFrame(this.#inbox.bytes);
    if (frame !== null) this.#inbox.bytes = this.#inbox.bytes.subarray(frame.end);
    return frame;
  }
}
