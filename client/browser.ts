/** The library where WebSocket is built in: browsers, and whatever is like them. */
import { connectBy, type Gateway } from './gateway.js';
import type { ConnectOptions } from './options.js';
import type { ClientSocket } from './socket.js';

export * from './index.js';

/**
 * Connects to a gateway and authenticates.
 *
 * @throws GatewayError where it refuses the token (4011); ConnectionClosedError where it cannot be reached, closes, or takes longer
 *   than `timeoutMs`; SyntaxError where the URL is none; the signal's reason.
 */
export const connect = (options: ConnectOptions): Promise<Gateway> => {
  const { WebSocket } = globalThis as unknown as { WebSocket: new (url: string) => ClientSocket };
  return connectBy(options, () => new WebSocket(options.url));
};
