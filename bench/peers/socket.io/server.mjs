/** Socket.IO with its middleware for the token, and acknowledgements; without the transport that polls. */
import { createServer } from 'node:http';
import { Server } from 'socket.io';

const token = process.env.PEER_TOKEN ?? '';
const http = createServer();
const io = new Server(http, { transports: ['websocket'], serveClient: false });
io.use((socket, next) => {
  next(socket.handshake.auth.token === token ? undefined : new Error('Authentication failed'));
});
io.on('connection', (socket) => {
  socket.on('system.ping', (_params, acknowledge) => acknowledge({ pong: true }));
});
http.listen(0, '127.0.0.1', () => console.log(`socket.io listens at ws://127.0.0.1:${http.address().port}`));
