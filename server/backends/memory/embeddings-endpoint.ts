/**
 * For tests: a real HTTP server that speaks OpenAI's `/embeddings`, gives every text the same vector every time, and
 * can be told to fail in each way.
 */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';

const SYNONYMS: ReadonlyMap<string, string> = new Map([
  ['automobile', 'car'],
  ['vehicle', 'car'],
  ['physician', 'doctor'],
]);

/** Numbers from −1 to 1 that look random and are the same for the same word. */
const directionOf = (word: string, length: number): Float32Array => {
  const numbers = new Float32Array(length);
  for (let at = 0; at < length; at += 8) {
    const digest = createHash('sha256').update(`${word} ${at}`).digest();
    for (let i = at; i < Math.min(length, at + 8); i += 1) {
      numbers[i] = digest.readInt32LE((i - at) * 4) / 2 ** 31;
    }
  }
  return numbers;
};

/** Texts that share words, or words of one meaning, point in a similar direction. */
export const byWords = (text: string, length: number): Float32Array => {
  const sum = new Float32Array(length);
  for (const [word] of text.toLowerCase().matchAll(/\p{L}+/gu)) {
    const direction = directionOf(SYNONYMS.get(word) ?? word, length);
    for (let at = 0; at < length; at += 1) sum[at] = (sum[at] ?? 0) + (direction[at] ?? 0);
  }
  return sum.every((number) => number === 0) ? directionOf('', length) : sum;
};

/** Texts are similar to themselves and to nothing else. */
export const byText = directionOf;

export interface AskedFor {
  readonly path: string | undefined;
  readonly authorization: string | undefined;
  readonly model: string;
  readonly input: readonly string[];
  readonly dimensions: number | undefined;
}

/** An answer other than the right one; `ask` is the request it is for. */
export type Misbehaviour = (response: ServerResponse, ask: AskedFor) => void;

export interface EmbeddingsServer {
  /** To be configured: `/v1` included. */
  readonly baseUrl: string;
  /** Every request so far. */
  readonly asked: AskedFor[];
  /** From now on; null: it works. */
  misbehave: Misbehaviour | null;
  /** Numbers of a vector, where the request names none. */
  length: number;
  /** Vectors as lists of numbers, whatever was asked for. */
  asNumbers: boolean;
  readonly close: () => Promise<void>;
}

const bodyOf = async (request: IncomingMessage): Promise<string> => {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString();
};

/** Starts one on a free port. `embed` makes its vectors. */
export const startEmbeddingsServer = async (embed = byWords): Promise<EmbeddingsServer> => {
  const asked: AskedFor[] = [];
  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      const { model, input, dimensions, encoding_format } = JSON.parse(body);
      const { authorization } = request.headers;
      const ask: AskedFor = { path: request.url, authorization, model, input, dimensions };
      asked.push(ask);
      if (state.misbehave !== null) return state.misbehave(response, ask);
      const data = ask.input.map((text, index) => {
        const vector = embed(text, dimensions ?? state.length);
        const base64 = encoding_format === 'base64' && !state.asNumbers;
        const embedding = base64 ? Buffer.from(vector.buffer).toString('base64') : [...vector];
        return { object: 'embedding', index, embedding };
      });
      // The order of the answers is not the order of the texts.
      response.end(JSON.stringify({ object: 'list', model, data: data.reverse() }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const state: EmbeddingsServer = {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    asked,
    misbehave: null,
    length: 256,
    asNumbers: false,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return state;
};

/** The same, closed after the test. */
export const embeddingsServer = async (t: TestContext, embed = byWords): Promise<EmbeddingsServer> => {
  const server = await startEmbeddingsServer(embed);
  t.after(() => server.close());
  return server;
};
