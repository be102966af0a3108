/** `ws` that does the gateway's work for every message. */
import { WebSocketServer } from 'ws';
import { Conversation } from '../../../dist/bench/peers/work.js';

const token = process.env.PEER_TOKEN ?? '';
const server = new WebSocketServer({ host: '127.0.0.1', port: 0, maxPayload: 2 * 1024 * 1024 });
server.on('connection', (socket) => {
  const conversation = new Conversation(token);
  socket.on('message', (data) => {
    const answer = conversation.take(data.toString());
    if (answer !== null) socket.send(answer);
  });
});
server.on('listening', () => console.log(`ws-work listens at ws://127.0.0.1:${server.address().port}`));
