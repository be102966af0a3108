/** Bun.serve with the exchange as it is usually written. */
import { answer } from '../../../dist/bench/peers/plain.js';

const server = Bun.serve({
  hostname: '127.0.0.1',
  port: 0,
  fetch: (request, bun) =>
    bun.upgrade(request) ? undefined : new Response('WebSockets only', { status: 426 }),
  websocket: {
    maxPayloadLength: 2 * 1024 * 1024,
    message: (socket, text) => {
      socket.send(answer(text));
    },
  },
});
console.log(`bun listens at ws://127.0.0.1:${server.port}`);
