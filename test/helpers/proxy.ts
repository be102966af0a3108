/** A network between a client and the gateway that stops carrying what the client says. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { atEnd } from './gateway.js';

export interface Proxy {
  readonly port: number;
  /** All that the gateway has said through it so far, as Latin-1; its frames are not masked. */
  readonly said: () => string;
}

/**
 * Listens on a free port and carries everything to `gatewayPort`, and back.
 * @param mute asked before each piece from the client, with what it is and all that the gateway has said;
 *   from the first true on nothing more of the client gets through
 */
export const startProxy = async (
  t: TestContext,
  gatewayPort: number,
  mute: (piece: Buffer, said: string) => boolean,
): Promise<Proxy> => {
  let said = '';
  const sockets: Socket[] = [];
  const server = createServer((client) => {
    const gateway = connect(gatewayPort, '127.0.0.1');
    sockets.push(client, gateway);
    let muted = false;
    client.on('data', (piece) => {
      muted ||= mute(piece, said);
      if (!muted) gateway.write(piece);
    });
    gateway.on('data', (piece) => {
      said += piece.toString('latin1');
      client.write(piece);
    });
    for (const [one, other] of [
      [client, gateway],
      [gateway, client],
    ] as const) {
      one.on('error', () => {});
      one.on('close', () => other.end());
    }
  }).listen(0, '127.0.0.1');
  atEnd(t, () => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, said: () => said };
};
