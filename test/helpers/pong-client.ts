/** A client in a process of its own that answers every ping: `node pong-client.js URL TOKEN`. Prints what happens to it. */
import { Client } from './client.js';

const [, , url = '', token = ''] = process.argv;
const client = new Client(url);
await client.opened;
client.socket.on('message', (data) => {
  const { method, params } = JSON.parse(data.toString());
  if (method !== 'heartbeat.ping') return;
  client.send({ jsonrpc: '2.0', method: 'heartbeat.pong', params: { seq: params.seq } });
  console.log(`ping ${params.seq}`);
});
await client.call('auth.handshake', { client_id: 'pong', client_version: '1', token });
const { code, reason } = await client.closed;
console.log(`closed ${code} ${reason}`);
