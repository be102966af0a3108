/** uWebSockets.js with the exchange as it is usually written: what the gateway's own decoding and replies are worth. */
import { App, us_socket_local_port } from '../../../server/socket/uws.js';
import { answer } from '../plain.js';

const utf8 = new TextDecoder();

const app = App();
app.ws('/*', {
  maxPayloadLength: 2 * 1024 * 1024,
  message: (socket, data) => {
    socket.send(answer(utf8.decode(data)));
  },
});
app.listen('127.0.0.1', 0, (listenSocket) => {
  if (listenSocket === false) throw new Error('no port of 127.0.0.1 is free');
  console.log(`uws listens at ws://127.0.0.1:${us_socket_local_port(listenSocket)}`);
});
