/** `fetch` for the SDKs, which take whatever a server sends: nothing endless, and nowhere else. */
import { unreadable } from './failure.js';

/** One event of a stream; the longest real one is a call of a tool in a single piece. */
const MAX_EVENT_BYTES = 4 * 1024 * 1024;
/** Of an answer that is no reply. */
const MAX_REFUSAL_BYTES = 16 * 1024;

export const guardedFetch = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
  // Whoever a redirect leads to would get the conversation.
  const response = await fetch(input, { ...init, redirect: 'manual' });
  const { body, status, headers } = response;
  if (body === null) return response;
  if (!response.ok)
    return new Response(status < 200 || status === 204 || status === 304 ? null : await beginning(body), {
      status,
      headers,
    });
  // A stream through a stream would cost several times as much for each token.
  Object.defineProperty(response, 'body', { value: eventByEvent(body) });
  return response;
};

const beginning = async (body: AsyncIterable<Uint8Array>): Promise<string> => {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of body) {
    parts.push(part);
    bytes += part.byteLength;
    if (bytes >= MAX_REFUSAL_BYTES) break;
  }
  return Buffer.concat(parts).subarray(0, MAX_REFUSAL_BYTES).toString();
};

const NOTHING = Buffer.alloc(0);
/** Of the blank line that ends an event. */
const MAX_END_BYTES = 3;

/** Behind the last blank line; −1 where there is none. */
const endOfEvents = (bytes: Buffer): number => {
  const [unix, web] = [bytes.lastIndexOf('\n\n'), bytes.lastIndexOf('\n\r\n')];
  return Math.max(unix === -1 ? -1 : unix + 2, web === -1 ? -1 : web + 3);
};

/**
 * The same bytes in whole events, each as soon as it is whole. The SDKs look through all of an unfinished event again
 * with each piece of it that comes, which takes seconds where it is long.
 */
export async function* eventByEvent(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let held: Buffer[] = [];
  let heldBytes = 0;
  /** The end of what is held: half a blank line may be in it. */
  let tail: Buffer = NOTHING;
  for await (const part of body) {
    const bytes = Buffer.from(part.buffer, part.byteOffset, part.byteLength);
    const seen = tail.length === 0 ? bytes : Buffer.concat([tail, bytes]);
    const end = endOfEvents(seen) - tail.length;
    if (end > 0) {
      yield held.length === 0 && end === bytes.length
        ? bytes
        : Buffer.concat([...held, bytes.subarray(0, end)]);
      held = [];
      heldBytes = 0;
    }
    const rest = end > 0 ? bytes.subarray(end) : bytes;
    tail = (end > 0 ? rest : seen).subarray(-MAX_END_BYTES);
    if (rest.length === 0) continue;
    held.push(rest);
    heldBytes += rest.length;
    if (heldBytes > MAX_EVENT_BYTES) throw unreadable();
  }
  if (held.length > 0) yield Buffer.concat(held);
}
