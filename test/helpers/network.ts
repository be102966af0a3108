/** A network between clients and a gateway: it can break, and lead to another gateway. Its own port is never free for anybody else. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { atEnd } from './gateway.js';

export interface Network {
  /** Of the gateway behind it, for clients. */
  readonly url: string;
  /** The same for a page. */
  readonly origin: string;
  /** Where connections lead from now on. */
  lead(port: number): void;
  /** Ends every connection without a word; those that come next get through. */
  cut(): void;
  /** Ends every connection without a word, and every one that comes until it leads somewhere again. */
  tear(): void;
}

/** Listens until the test ends. @param gatewayPort null: it leads nowhere at first */
export const startNetwork = async (t: TestContext, gatewayPort: number | null = null): Promise<Network> => {
  let target = gatewayPort;
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    if (target === null) {
      client.destroy();
      return;
    }
    const gateway = connect(target, '127.0.0.1');
    for (const [one, other] of [
      [client, gateway],
      [gateway, client],
    ] as const) {
      sockets.add(one);
      one.on('error', () => {});
      one.on('close', () => {
        sockets.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
  }).listen(0, '127.0.0.1');
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  const tear = (): void => {
    target = null;
    cut();
  };
  atEnd(t, () => {
    server.close();
    tear();
  });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `ws://127.0.0.1:${port}`,
    origin: `http://127.0.0.1:${port}`,
    lead: (to) => {
      target = to;
    },
    cut,
    tear,
  };
};
