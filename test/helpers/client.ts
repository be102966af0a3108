/** A WebSocket client for tests on the `ws` package: what arrives is kept, and can be waited for. */
import { once } from 'node:events';
import WebSocket from 'ws';

/** Any JSON object; tests look into it freely. */
// biome-ignore lint/suspicious/noExplicitAny: a test asserts on whatever has arrived
export type Json = any;

export interface Closed {
  readonly code: number;
  readonly reason: string;
}

interface Waiter {
  readonly wants: (frame: Json) => boolean;
  readonly resolve: (frame: Json) => void;
  readonly reject: (error: Error) => void;
}

/** How long a test waits for something that should be there at once. */
const PATIENCE_MS = 20_000;

export class Client {
  readonly socket: WebSocket;
  readonly opened: Promise<unknown>;
  readonly closed: Promise<Closed>;
  /** Every frame so far, parsed, in order. */
  readonly frames: Json[] = [];
  /** Result of the handshake, where {@link GatewayUnderTest.login} made the connection. */
  handshake: Json = null;
  readonly #waiters = new Set<Waiter>();
  #nextId = 1;

  constructor(url: string, headers: Record<string, string> = {}) {
    this.socket = new WebSocket(url, { headers, perMessageDeflate: false, rejectUnauthorized: false });
    this.opened = once(this.socket, 'open');
    this.closed = new Promise((resolve) => {
      this.socket.on('close', (code, reason) => {
        resolve({ code, reason: reason.toString() });
        for (const waiter of this.#waiters)
          waiter.reject(new Error(`closed with ${code} ${reason.toString()}`));
      });
    });
    this.socket.on('error', () => {});
    this.socket.on('message', (data) => {
      const frame: Json = JSON.parse(data.toString());
      this.frames.push(frame);
      for (const waiter of [...this.#waiters]) {
        if (!waiter.wants(frame)) continue;
        this.#waiters.delete(waiter);
        waiter.resolve(frame);
      }
    });
  }

  /** Sends text as it is, or anything else as JSON. */
  send(frame: string | object): void {
    this.socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame));
  }

  /** The first frame that `wants` accepts: of those that came, else of those to come. */
  async frame(wants: (frame: Json) => boolean, what = 'a frame'): Promise<Json> {
    const present = this.frames.find(wants);
    if (present !== undefined) return present;
    return this.next(wants, what);
  }

  /** The first frame to come that `wants` accepts. Rejects when the connection closes or nothing comes. */
  async next(wants: (frame: Json) => boolean = () => true, what = 'a frame'): Promise<Json> {
    const { promise, resolve, reject } = withResolvers<Json>();
    const waiter: Waiter = { wants, resolve, reject };
    this.#waiters.add(waiter);
    const timer = setTimeout(() => reject(new Error(`no ${what} within ${PATIENCE_MS} ms`)), PATIENCE_MS);
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      this.#waiters.delete(waiter);
    }
  }

  /** Sends a request and gives its whole response. */
  async request(method: string, params?: object): Promise<Json> {
    const id = `r${this.#nextId}`;
    this.#nextId += 1;
    const response = this.next((frame) => frame.id === id, `response to ${method}`);
    this.send({ jsonrpc: '2.0', method, ...(params === undefined ? {} : { params }), id });
    return response;
  }

  /** Sends a request and gives its result; rejects with an error response. */
  async call(method: string, params?: object): Promise<Json> {
    const response = await this.request(method, params);
    if (response.error !== undefined) throw new Error(`${method}: ${JSON.stringify(response.error)}`);
    return response.result;
  }

  /** The params of every notification of that method so far. */
  notifications(method: string): Json[] {
    return this.frames.filter((frame) => frame.method === method).map((frame) => frame.params);
  }

  /** Waits for a reply's `chat.complete` and gives its params. */
  async complete(messageId: string): Promise<Json> {
    const frame = await this.frame(
      ({ method, params }) => method === 'chat.complete' && params.message_id === messageId,
      'chat.complete',
    );
    return frame.params;
  }

  /** All text streamed of a reply, and what its indexes promise. Throws where an index is not the one due. */
  streamed(messageId: string, firstIndex = 0): string {
    let due = firstIndex;
    let text = '';
    for (const { chunk, index, message_id, span = 1 } of this.notifications('chat.stream')) {
      if (message_id !== messageId) continue;
      if (index !== due) throw new Error(`chunk ${index} where ${due} was due`);
      due += span;
      text += chunk;
    }
    return text;
  }

  /** A full turn: everything the gateway had to say before it answered has arrived. */
  async settle(): Promise<void> {
    await this.call('system.ping');
  }

  async close(): Promise<Closed> {
    this.socket.close(1000);
    return this.closed;
  }

  /** Drops the connection without a word. */
  terminate(): void {
    this.socket.terminate();
  }
}

const withResolvers = <T>() => {
  let resolve!: (value: T) => void;
  let reject!: (error: Error) => void;
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
};
