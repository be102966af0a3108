/** The built page and a gateway behind one address, with the policy that the page is made for; its sockets can be cut. */
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect, type Socket } from 'node:net';
import { extname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { atEnd } from '../helpers/gateway.js';

/** This file runs from `dist/test/browser`. */
const BUILT = join(import.meta.dirname, '../../web');

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

export interface PageServer {
  /** Ends in `/`. */
  readonly url: string;
  /** Where WebSockets lead from now on. */
  lead(port: number): void;
  /** Ends all sockets as a network does that is gone. */
  cut(): void;
}

export const servePage = async (t: TestContext, port: number): Promise<PageServer> => {
  let gatewayPort = port;
  const sockets = new Set<Socket>();
  const server = createServer(({ url = '/' }, response) => {
    const path = new URL(url, 'http://page').pathname;
    const file = join(BUILT, path === '/' ? 'index.html' : path);
    if (!existsSync(file)) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, {
      'content-type': TYPES[extname(file)] ?? 'application/octet-stream',
      'content-security-policy': POLICY,
    });
    response.end(readFileSync(file));
  });
  server.on('upgrade', ({ method, url, rawHeaders }, socket: Socket, head) => {
    const gateway = connect(gatewayPort, '127.0.0.1', () => {
      const lines = [`${method} ${url} HTTP/1.1`];
      for (let at = 0; at < rawHeaders.length; at += 2) {
        const [name = '', value] = rawHeaders.slice(at, at + 2);
        const isHost = name.toLowerCase() === 'host';
        // To the gateway the page is one of its own.
        if (name.toLowerCase() === 'origin') lines.push(`Origin: http://127.0.0.1:${gatewayPort}`);
        else lines.push(`${name}: ${isHost ? `127.0.0.1:${gatewayPort}` : value}`);
      }
      gateway.write(`${lines.join('\r\n')}\r\n\r\n`);
      gateway.write(head);
      socket.pipe(gateway).pipe(socket);
    });
    for (const [one, other] of [
      [socket, gateway],
      [gateway, socket],
    ] as const) {
      sockets.add(one);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        sockets.delete(one);
        other.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  atEnd(t, () => {
    for (const socket of sockets) socket.destroy();
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The page has no port.');
  return {
    url: `http://127.0.0.1:${address.port}/`,
    lead: (next) => {
      gatewayPort = next;
    },
    cut: () => {
      for (const socket of sockets) socket.destroy();
    },
  };
};
