/** A network between a browser and a gateway: it can break, and lead to another gateway. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { atEnd } from '../helpers/gateway.js';

export interface Network {
  /** Of a page's address behind it. */
  readonly origin: string;
  /** Where connections lead from now on. */
  lead(port: number): void;
  /** Ends all connections as a network does that is gone. */
  cut(): void;
}

/** Listens until the test ends; leads nowhere at first. */
export const startNetwork = async (t: TestContext): Promise<Network> => {
  let gatewayPort = 0;
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const gateway = connect(gatewayPort, '127.0.0.1');
    client.pipe(gateway).pipe(client);
    for (const [one, other] of [
      [client, gateway],
      [gateway, client],
    ] as const) {
      sockets.add(one);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        sockets.delete(one);
        other.destroy();
      });
    }
  }).listen(0, '127.0.0.1');
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  atEnd(t, () => {
    server.close();
    cut();
  });
  await once(server, 'listening');
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    lead: (port) => {
      gatewayPort = port;
    },
    cut,
  };
};
