/** The bare server's heartbeat: each connection gets a ping an interval, spread over it. */
import type { WebSocket } from '../../server/socket/uws.js';

const TICK_MS = 100;

export const beat = <T>(sockets: readonly WebSocket<T>[], intervalMs: number): void => {
  let next = 0;
  let due = 0;
  let seq = 1;
  let ping = '';
  let inHand: WebSocket<T>;
  const send = (): void => {
    inHand.send(ping, false, false);
  };
  setInterval(() => {
    due += (sockets.length * TICK_MS) / intervalMs;
    for (; due >= 1 && sockets.length > 0; due -= 1) {
      if (next >= sockets.length) {
        next = 0;
        seq += 1;
      }
      ping = `{"jsonrpc":"2.0","method":"heartbeat.ping","params":{"seq":${seq},"notifications":[]}}`;
      inHand = sockets[next] as WebSocket<T>;
      inHand.cork(send);
      next += 1;
    }
  }, TICK_MS);
};
