/**
 * The least that a server on uWebSockets.js can do: it echoes the first message of each connection, as an answer to
 * its handshake, and sends each a ping now and then. What the gateway costs beyond this is the gateway's own.
 *
 *   node raw.js HEARTBEAT_SECONDS [MODE [ARGUMENT …]]
 *
 * A mode says what it does besides:
 *   echo                        sends every message back
 *   stream TOKENS WORD_BYTES    each connection that sends a chat gets so many tokens a second, in a corked loop
 *   publish TOKENS WORD_BYTES   one such stream for all connections, by the library's own publish
 *   store                       stores each chat and an empty reply as the gateway does, and says so
 *   store-messages EACH COUNT   the same without the replies, each connection in EACH channels, COUNT in one after another
 */
import { App, us_socket_local_port, type WebSocket } from '../../server/socket/uws.js';
import { beat } from './raw-beat.js';
import { modeFor, type Seat } from './raw-modes.js';

const [heartbeatSeconds = '30', ...mode] = process.argv.slice(2);

const sockets: WebSocket<Seat>[] = [];
const app = App();
const { onGreeted, onMessage, onGone } = await modeFor(app, mode);

app.ws<Seat>('/*', {
  maxPayloadLength: 1024 * 1024,
  idleTimeout: 120,
  upgrade: (res, req, context) => {
    res.upgrade(
      { at: -1, streamAt: -1 },
      req.getHeader('sec-websocket-key'),
      req.getHeader('sec-websocket-protocol'),
      req.getHeader('sec-websocket-extensions'),
      context,
    );
  },
  message: (socket, data) => {
    const seat = socket.getUserData();
    if (seat.at !== -1) {
      onMessage?.(socket, data);
      return;
    }
    socket.send(data);
    seat.at = sockets.length;
    sockets.push(socket);
    onGreeted?.(socket);
  },
  close: (socket) => {
    const { at } = socket.getUserData();
    onGone?.(socket);
    const last = sockets.at(-1);
    if (at === -1 || last === undefined) return;
    sockets[at] = last;
    last.getUserData().at = at;
    sockets.pop();
  },
});

beat(sockets, Number(heartbeatSeconds) * 1000);

app.listen('127.0.0.1', 0, (listenSocket) => {
  if (listenSocket === false) throw new Error('no port of 127.0.0.1 is free');
  console.log(`raw listens at ws://127.0.0.1:${us_socket_local_port(listenSocket)}`);
});
