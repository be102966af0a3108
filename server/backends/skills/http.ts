/** MCP over HTTP, with limits on what comes back; the token goes to the server's own origin and nowhere else. */
import type { FetchLike } from '@modelcontextprotocol/sdk/shared/transport.js';
import { ServerFailure } from './failure.js';
import { FloodGuard } from './flood-guard.js';

/** One answer, or one event of a stream. */
const MAX_MESSAGE_BYTES = 4 * 1024 * 1024;
const NEWLINE = 0x0a;

/** Passes bytes on until a message is too long, or too many come; then the stream fails. */
const limited = (isStream: boolean): TransformStream<Uint8Array, Uint8Array> => {
  const flood = new FloodGuard();
  let bytes = 0;
  return new TransformStream({
    transform(chunk, controller) {
      // A blank line ends an event; any line's end is near enough.
      const lastEnd = isStream ? chunk.lastIndexOf(NEWLINE) : -1;
      bytes = lastEnd === -1 ? bytes + chunk.length : chunk.length - lastEnd;
      if (bytes > MAX_MESSAGE_BYTES || !flood.take(performance.now(), chunk.length)) {
        controller.error(new ServerFailure('sends more than it may'));
      } else controller.enqueue(chunk);
    },
  });
};

/** `fetch` as the library's transports use it. */
export const limitedFetch = (origin: string, token: string | null): FetchLike => {
  return async (url, init = {}) => {
    const headers = new Headers(init.headers);
    if (token !== null && new URL(url).origin === origin) headers.set('authorization', `Bearer ${token}`);
    // Whoever it leads to would get the arguments.
    const response = await fetch(url, { ...init, headers, redirect: 'manual' });
    if (response.status >= 300 && response.status < 400) {
      void response.body?.cancel().catch(() => {});
      throw new ServerFailure(`answered ${response.status}, a redirect, which is not followed`);
    }
    if (response.body === null) return response;
    const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') ?? false;
    const { status, statusText } = response;
    return new Response(response.body.pipeThrough(limited(isStream)), {
      status,
      statusText,
      headers: response.headers,
    });
  };
};
