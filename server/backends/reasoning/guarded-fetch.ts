/** `fetch` for the SDKs, which take whatever a server sends: nothing endless, and nowhere else. */
import { unreadable } from './failure.js';

/** One event of a stream; the longest real one is a call of a tool in a single piece. */
const MAX_EVENT_BYTES = 8 * 1024 * 1024;
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

/** Passes everything on until an event does not end. */
async function* eventByEvent(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let unendedBytes = 0;
  for await (const part of body) {
    const bytes = Buffer.from(part.buffer, part.byteOffset, part.byteLength);
    const end = Math.max(bytes.lastIndexOf('\n\n'), bytes.lastIndexOf('\n\r\n'));
    unendedBytes = end === -1 ? unendedBytes + bytes.length : bytes.length - end;
    if (unendedBytes > MAX_EVENT_BYTES) throw unreadable();
    yield part;
  }
}
