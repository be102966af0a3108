/** The browser's WebSocket, with every frame of it written down for the Traffic page. */
import type { FrameLog } from '../state/frame-log.js';

/** @throws SyntaxError where the URL is none */
export const recordedSocket = (url: string, log: FrameLog): WebSocket => {
  const socket = new WebSocket(url);
  const send = socket.send.bind(socket);
  socket.send = (text) => {
    log.add('sent', String(text));
    send(text);
  };
  // Before the client's own listener: what it sends in answer comes behind.
  socket.addEventListener('message', ({ data }) => log.add('received', String(data)));
  socket.addEventListener('open', () => log.add('lifecycle', `open ${url}`));
  socket.addEventListener('close', ({ code, reason }) =>
    log.add('lifecycle', `closed: code=${code}, reason=${JSON.stringify(reason)}`),
  );
  return socket;
};
