/** Bun.serve that does the gateway's work for every message. */
import { Conversation } from '../../../dist/bench/peers/work.js';

const token = process.env.PEER_TOKEN ?? '';
const server = Bun.serve({
  hostname: '127.0.0.1',
  port: 0,
  fetch: (request, bun) =>
    bun.upgrade(request, { data: new Conversation(token) })
      ? undefined
      : new Response('WebSockets only', { status: 426 }),
  websocket: {
    maxPayloadLength: 2 * 1024 * 1024,
    message: (socket, text) => {
      const answer = socket.data.take(text);
      if (answer !== null) socket.send(answer);
    },
  },
});
console.log(`bun-work listens at ws://127.0.0.1:${server.port}`);
