/** The thread of one MCP server: its messages, its JSON, its schemas. It ends with the server. */
import { parentPort, workerData } from 'node:worker_threads';
import type { FromServer, ServerThreadData, ToServer } from './messages.js';
import { McpSession } from './session.js';

const port = parentPort;
if (port === null) throw new Error('runs as a worker thread only');

const say = (message: FromServer): void => port.postMessage(message);
const session = new McpSession(workerData as ServerThreadData, say, () => port.close());

port.on('message', (message: ToServer) => {
  switch (message.kind) {
    case 'call':
      void session.call(message);
      break;
    case 'cancel':
      session.cancel(message.id);
      break;
    case 'close':
      void session.close().then(() => port.close());
      break;
  }
});
void session.open();
