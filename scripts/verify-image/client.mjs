/**
 * A client as anybody may write one, in the container's network. Prints one JSON object.
 *
 *   node client.mjs URL TOKEN_FILE chat MESSAGE     says it in the channel `default`, and waits for the whole reply
 *   node client.mjs URL TOKEN_FILE history          what was said in that channel
 *   node client.mjs URL TOKEN_FILE drain MESSAGE    the same as chat, prints `begun` with the first chunk, and waits for the close
 */
import { readFileSync } from 'node:fs';
import { WebSocket } from 'ws';

const [url = '', tokenFile = '', command, message = ''] = process.argv.slice(2);
const socket = new WebSocket(url);
/** @type {((frame: Record<string, any>) => void)[]} */
const listeners = [];
socket.on('message', (data) => {
  const frame = JSON.parse(String(data));
  if (frame.method === 'heartbeat.ping') {
    socket.send(
      JSON.stringify({ jsonrpc: '2.0', method: 'heartbeat.pong', params: { seq: frame.params.seq } }),
    );
  }
  for (const listener of listeners) listener(frame);
});
const closed = new Promise((resolve) => {
  socket.once('close', (code, reason) => resolve({ code, reason: String(reason) }));
});

/** @param {(frame: Record<string, any>) => boolean} isIt @returns {Promise<Record<string, any>>} */
const frame = (isIt) => new Promise((resolve) => listeners.push((each) => isIt(each) && resolve(each)));

/** @param {string} method @param {object} params */
const call = async (method, params) => {
  const answered = frame(({ id }) => id === method);
  socket.send(JSON.stringify({ jsonrpc: '2.0', method, params, id: method }));
  const { result, error } = await answered;
  if (error !== undefined) throw new Error(`${method}: ${error.message}`);
  return result;
};

const say = async () => {
  let text = '';
  listeners.push(({ method, params }) => {
    if (method !== 'chat.stream') return;
    if (text === '' && command === 'drain') console.error('begun');
    text += params.chunk;
  });
  const completed = frame(({ method }) => method === 'chat.complete');
  await call('chat.send', { message });
  const { params } = await completed;
  return { text, finish_reason: params.finish_reason };
};

await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
const token = readFileSync(tokenFile, 'utf8').trim();
const session = await call('auth.handshake', { client_id: 'verify-image', client_version: '1', token });
const answer = { server_version: session.server_version };
if (command === 'history') Object.assign(answer, await call('chat.history', {}));
else Object.assign(answer, await say());
if (command === 'drain') Object.assign(answer, { close: await closed });
console.log(JSON.stringify(answer));
socket.close();
