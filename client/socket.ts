/** The part of the WebSocket interface that the client needs: a browser's and that of `ws` both have it. */
export interface ClientSocket {
  onopen: ((event: never) => void) | null;
  /** `data` is a string for a text frame. */
  onmessage: ((event: { readonly data: unknown }) => void) | null;
  onclose: ((event: { readonly code: number; readonly reason: string }) => void) | null;
  /** `ws` says what went wrong in `error`; a browser says nothing. */
  onerror: ((event: { readonly error?: unknown }) => void) | null;
  send(text: string): void;
  close(code?: number, reason?: string): void;
  /** Of `ws`: ends it without waiting for the other side, which may not be there any more. */
  terminate?(): void;
}

/** Opens a socket to the gateway. @throws SyntaxError where the URL is none */
export type SocketFactory = () => ClientSocket;
