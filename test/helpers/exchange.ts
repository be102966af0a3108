/** Question and answer over one connection, past the notifications that may come in between. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Client, Closed, Json } from './client.js';

let probes = 0;

/** A response or an array of them; what has a method is a notification. */
export const isAnswer = (frame: Json): boolean => Array.isArray(frame) || frame.method === undefined;

/** Sends a frame and gives the next answer. */
export const ask = (client: Client, frame: string | object): Promise<Json> => {
  const answer = client.next(isAnswer, 'answer');
  client.send(frame);
  return answer;
};

/**
 * Sends a frame and gives every answer that comes before that to a request sent right behind it:
 * an empty array shows that there was none. For what the gateway answers at once.
 */
export const answersTo = async (client: Client, frame: string | object): Promise<Json[]> => {
  const from = client.frames.length;
  probes += 1;
  const id = `probe-${probes}`;
  const probe = client.next((candidate) => candidate.id === id, 'answer to the probe');
  client.send(frame);
  client.send({ jsonrpc: '2.0', method: 'system.ping', id });
  const last = await probe;
  return client.frames.slice(from, client.frames.indexOf(last)).filter(isAnswer);
};

/** How long a test waits for a close that should come at once. */
const PATIENCE_MS = 20_000;

/** Rejects after a while; keeps no process alive. */
const tooLate = async (): Promise<never> => {
  await delay(PATIENCE_MS, undefined, { ref: false });
  throw new Error(`not closed within ${PATIENCE_MS} ms`);
};

/** Sends a frame and gives every answer to it and the close that ends the connection. */
export const askLast = async (
  client: Client,
  frame: string | object,
): Promise<{ readonly answers: Json[]; readonly closed: Closed }> => {
  const from = client.frames.length;
  client.send(frame);
  const closed = await Promise.race([client.closed, tooLate()]);
  return { answers: client.frames.slice(from).filter(isAnswer), closed };
};

/** The error object that a refusal consists of. */
export const errorOf = (code: number, message: string, data?: object): Json => ({
  code,
  message,
  ...(data === undefined ? {} : { data }),
});
