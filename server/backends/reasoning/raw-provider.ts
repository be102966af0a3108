/**
 * For tests: a real HTTP server that stands for a provider and says, byte by byte, what a test wants: what no well-behaved
 * server would, too.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import type { ProviderKind } from './settings.js';

export interface Asked {
  readonly path: string | undefined;
  readonly headers: IncomingMessage['headers'];
  // biome-ignore lint/suspicious/noExplicitAny: a test asserts on whatever has arrived
  readonly body: any;
  /** Resolves when its connection is closed, or its answer has ended, with the monotonic time of that. */
  readonly closed: Promise<number>;
}

/** How a request is answered; `nth` counts from 0. */
export type Script = (response: ServerResponse, nth: number, asked: Asked) => void;

export interface RawProvider {
  /** To be configured: `/v1` included. */
  readonly baseUrl: string;
  readonly asked: Asked[];
  /** From now on. */
  script: Script;
  /** Resolves once so many requests have come. */
  requests(count: number): Promise<void>;
  /** Cuts every connection and listens no longer. Harmless twice. */
  stop(): Promise<void>;
}

const bodyOf = async (request: IncomingMessage): Promise<string> => {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString();
};

/** Starts one, which is closed after the test. @param port 0: any free one */
export const rawProvider = async (t: TestContext, script: Script, port = 0): Promise<RawProvider> => {
  const asked: Asked[] = [];
  let waiters: (() => void)[] = [];
  const server = createServer((request, response) => {
    const closed = new Promise<number>((resolve) => response.once('close', () => resolve(performance.now())));
    void bodyOf(request).then((text) => {
      const one = { path: request.url, headers: request.headers, body: JSON.parse(text), closed };
      asked.push(one);
      const woken = waiters;
      waiters = [];
      for (const wake of woken) wake();
      provider.script(response, asked.length - 1, one);
    });
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const provider: RawProvider = {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    asked,
    script,
    requests: async (count) => {
      while (asked.length < count) await new Promise<void>((resolve) => waiters.push(resolve));
    },
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  t.after(() => provider.stop());
  return provider;
};

export const beginStream = (response: ServerResponse): ServerResponse =>
  response.writeHead(200, { 'content-type': 'text/event-stream' });

/** The event that carries a word, in either maker's words. */
export const wordEvent = (kind: ProviderKind, text: string): string =>
  kind === 'anthropic'
    ? anthropicEvent('content_block_delta', { index: 0, delta: { type: 'text_delta', text } })
    : `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: text }, finish_reason: null }] })}\n\n`;

/** The events that end a reply well, without counts. */
export const endEvents = (kind: ProviderKind, reason: 'stop' | 'length' = 'stop'): string =>
  kind === 'anthropic'
    ? anthropicEvent('message_delta', {
        delta: { stop_reason: reason === 'stop' ? 'end_turn' : 'max_tokens' },
      }) + anthropicEvent('message_stop', {})
    : `data: ${JSON.stringify({ choices: [{ index: 0, delta: {}, finish_reason: reason }] })}\n\ndata: [DONE]\n\n`;

export const anthropicEvent = (type: string, rest: object): string =>
  `event: ${type}\ndata: ${JSON.stringify({ type, ...rest })}\n\n`;

/** A script that says these words and ends well. */
export const says =
  (kind: ProviderKind, ...words: string[]): Script =>
  (response) => {
    beginStream(response);
    for (const word of words) response.write(wordEvent(kind, word));
    response.end(endEvents(kind));
  };

/** A script that answers with a status, and with words that must reach nobody. */
export const refuses =
  (status: number, headers: Record<string, string> = {}, words = 'swordfish: no'): Script =>
  (response) =>
    void response
      .writeHead(status, { 'content-type': 'application/json', ...headers })
      .end(JSON.stringify({ type: 'error', error: { type: 'some_error', message: words } }));
