/**
 * The least that a server on uWebSockets.js can do: it echoes the first message of each connection, as an answer to
 * its handshake, and sends each a ping now and then. What the gateway costs beyond this is the gateway's own.
 *
 *   node raw.js [HEARTBEAT_SECONDS]
 */
import { App, us_socket_local_port, type WebSocket } from '../../server/socket/uws.js';

const TICK_MS = 100;
const heartbeatMs = Number(process.argv[2] ?? 30) * 1000;

interface Seat {
  /** Of its socket in the list of all; −1 until it has been greeted. */
  at: number;
}

const sockets: WebSocket<Seat>[] = [];
let next = 0;
let due = 0;
let seq = 1;
let ping = '';

const app = App();
app.ws<Seat>('/*', {
  maxPayloadLength: 1024 * 1024,
  idleTimeout: 120,
  upgrade: (res, req, context) => {
    res.upgrade(
      { at: -1 },
      req.getHeader('sec-websocket-key'),
      req.getHeader('sec-websocket-protocol'),
      req.getHeader('sec-websocket-extensions'),
      context,
    );
  },
  message: (socket, data) => {
    const seat = socket.getUserData();
    // What comes later are answers to pings.
    if (seat.at !== -1) return;
    socket.send(data);
    seat.at = sockets.length;
    sockets.push(socket);
  },
  close: (socket) => {
    const { at } = socket.getUserData();
    const last = sockets.at(-1);
    if (at === -1 || last === undefined) return;
    sockets[at] = last;
    last.getUserData().at = at;
    sockets.pop();
  },
});

let inHand: WebSocket<Seat>;
const send = (): void => {
  inHand.send(ping, false, false);
};

setInterval(() => {
  due += (sockets.length * TICK_MS) / heartbeatMs;
  for (; due >= 1 && sockets.length > 0; due -= 1) {
    if (next >= sockets.length) {
      next = 0;
      seq += 1;
    }
    ping = `{"jsonrpc":"2.0","method":"heartbeat.ping","params":{"seq":${seq},"notifications":[]}}`;
    inHand = sockets[next] as WebSocket<Seat>;
    inHand.cork(send);
    next += 1;
  }
}, TICK_MS);

app.listen('127.0.0.1', 0, (listenSocket) => {
  if (listenSocket === false) throw new Error('no port of 127.0.0.1 is free');
  console.log(`raw listens at ws://127.0.0.1:${us_socket_local_port(listenSocket)}`);
});
