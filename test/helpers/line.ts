/** A network between clients and the gateway that a test can cut, and mend. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { atEnd } from './gateway.js';

export interface Line {
  readonly url: string;
  /** Ends every connection without a word, and every one that comes until it is mended. */
  cut(): void;
  mend(): void;
}

/** Listens on a free port and carries everything to `gatewayPort`, and back. */
export const startLine = async (t: TestContext, gatewayPort: number): Promise<Line> => {
  const sockets = new Set<Socket>();
  let isCut = false;
  const server = createServer((client) => {
    const gateway = connect(gatewayPort, '127.0.0.1');
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
    if (isCut) client.destroy();
  }).listen(0, '127.0.0.1');
  const cut = (): void => {
    isCut = true;
    for (const socket of sockets) socket.destroy();
  };
  atEnd(t, () => {
    server.close();
    cut();
  });
  await once(server, 'listening');
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut,
    mend: () => {
      isCut = false;
    },
  };
};
