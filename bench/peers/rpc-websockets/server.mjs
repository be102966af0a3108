/** rpc-websockets with its login, and the method behind it. */
import { Server } from 'rpc-websockets';

const token = process.env.PEER_TOKEN ?? '';
const server = new Server({ host: '127.0.0.1', port: 0 });
server.setAuth((params) => params.token === token);
server.register('system.ping', () => ({ pong: true })).protected();
server.on('listening', () => {
  console.log(`rpc-websockets listens at ws://127.0.0.1:${server.wss.address().port}`);
});
