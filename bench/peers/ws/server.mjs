/** `ws` with the exchange as it is usually written. */
import { WebSocketServer } from 'ws';
import { answer } from '../../../dist/bench/peers/plain.js';

const server = new WebSocketServer({ host: '127.0.0.1', port: 0, maxPayload: 2 * 1024 * 1024 });
server.on('connection', (socket) => {
  socket.on('message', (data) => socket.send(answer(data.toString())));
});
server.on('listening', () => console.log(`ws listens at ws://127.0.0.1:${server.address().port}`));
