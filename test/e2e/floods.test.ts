/** What costs the gateway something and is seen by no limit of messages: pings, answers to no ping, requests for no body. */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { engine } from '../helpers/engine.js';
import { encodeFrame, OPCODE } from '../helpers/frames.js';
import { atEnd, type GatewayUnderTest, startTestGateway } from '../helpers/gateway.js';
import { untilScraped } from '../helpers/metrics.js';
import { RawWebSocket } from '../helpers/raw-socket.js';

const MIB = 1024 * 1024;

const pings = (count: number): Buffer =>
  Buffer.concat(Array.from({ length: count }, () => encodeFrame(Buffer.alloc(125), { opcode: OPCODE.ping })));

/** Authenticated, by the byte. */
const enter = async (t: TestContext, { port, token }: GatewayUnderTest): Promise<RawWebSocket> => {
  const raw = await RawWebSocket.open(t, port);
  const params = { client_id: 'flood', client_version: '1', token };
  raw.write({ jsonrpc: '2.0', method: 'auth.handshake', params, id: 1 });
  await raw.answers(1);
  return raw;
};

test('a thousand pings in a second are answered, more of them close the connection, a stranger’s too', async (t) => {
  const under = await startTestGateway(t, { config: engine(0) });
  const neighbour = await under.login();
  for (const raw of [await RawWebSocket.open(t, under.port), await enter(t, under)]) {
    raw.writeBytes(pings(20_000));
    let pongs = 0;
    let frame = await raw.nextFrame();
    for (; frame.opcode === OPCODE.pong; frame = await raw.nextFrame()) pongs += 1;
    assert.deepEqual([frame.opcode, frame.payload.readUInt16BE(0)], [OPCODE.close, 4003]);
    assert.ok(pongs >= 1000 && pongs < 5000, `${pongs} were answered`);
  }
  assert.deepEqual(await neighbour.call('system.ping'), { pong: true });
});

test('who asks whether the gateway is there and reads no answer is closed before they fill its memory', async (t) => {
  const under = await startTestGateway(t, { config: engine(0, { max_message_bytes: 16 * MIB }) });
  const [writer, reader] = await Promise.all([under.login(), under.login()]);
  const ping = (times: number): void => {
    for (let time = 0; time < times; time += 1) reader.socket.ping(Buffer.alloc(125));
  };
  ping(400);
  await reader.settle();
  reader.socket.pause();
  // More than the kernel takes for a connection that nobody reads.
  const { message_id } = await writer.call('chat.send', { message: `${'x'.repeat(99)} `.repeat(120_000) });
  await writer.complete(message_id);
  await untilScraped(under, 'it lags', (page) => page.get('clients_lagging') === 1);
  ping(600);
  await untilScraped(under, 'it is gone', (page) => page.get('clients_lagging') === 0);
  reader.socket.resume();
  assert.deepEqual(await reader.closed, { code: 1013, reason: 'Try again later' });
});

test('pongs that answer no ping are free, up to a flood of them', async (t) => {
  const under = await startTestGateway(t);
  const pong = { jsonrpc: '2.0', method: 'heartbeat.pong', params: { seq: 7 } };
  const raw = await enter(t, under);
  raw.write(...Array.from({ length: 90 }, () => pong), { jsonrpc: '2.0', method: 'system.ping', id: 2 });
  assert.deepEqual((await raw.answers(1))[0].result, { pong: true });
  raw.write(...Array.from({ length: 200 }, () => pong));
  let event = await raw.next();
  // The first ping of the heartbeat may come just now.
  while (!('close' in event)) event = await raw.next();
  assert.deepEqual(event.close, { code: 4003, reason: 'Rate limit exceeded' });

  const free = await startTestGateway(t, { config: engine(0) });
  const other = await enter(t, free);
  other.write(...Array.from({ length: 500 }, () => pong), { jsonrpc: '2.0', method: 'system.ping', id: 2 });
  assert.deepEqual((await other.answers(1))[0].result, { pong: true });
});

for (const [what, request, last] of [
  ['a HEAD', 'HEAD / HTTP/1.1\r\n', 'Content-Length: 0\r\n'],
  ['a HEAD of nothing', 'HEAD /nothing HTTP/1.1\r\n', 'Content-Length: 0\r\n'],
  ['what has not changed', 'GET / HTTP/1.1\r\nIf-None-Match: *\r\n', 'HTTP/1.1 200 OK\r\n'],
] as const) {
  test(`of answers to ${what} an address has 200 at once, the next one ends its connection`, async (t) => {
    const under = await startTestGateway(t);
    const socket = connect(under.port, '127.0.0.1').on('error', () => {});
    atEnd(t, () => socket.destroy());
    socket.write(`${request}Host: 127.0.0.1:${under.port}\r\n\r\n`.repeat(400));
    const text = (await buffer(socket)).toString('latin1');
    const answers = text.split('HTTP/1.1 ').length - 1;
    assert.equal(answers, 201);
    assert.ok(text.slice(text.lastIndexOf('HTTP/1.1 ')).includes(last));
  });
}
