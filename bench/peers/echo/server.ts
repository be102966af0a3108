/** The limit: bare uWebSockets.js that sends back what it receives, so neither reads nor writes any JSON. */
import { App, us_socket_local_port } from '../../../server/socket/uws.js';

const app = App();
app.ws('/*', {
  maxPayloadLength: 2 * 1024 * 1024,
  message: (socket, data) => {
    socket.send(data);
  },
});
app.listen('127.0.0.1', 0, (listenSocket) => {
  if (listenSocket === false) throw new Error('no port of 127.0.0.1 is free');
  console.log(`echo listens at ws://127.0.0.1:${us_socket_local_port(listenSocket)}`);
});
