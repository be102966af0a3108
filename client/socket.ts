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
}

/** Opens a socket to the gateway: `() => new WebSocket(url)` in a browser, {@link openNodeSocket} in Node. */
export type SocketFactory = () => ClientSocket;
