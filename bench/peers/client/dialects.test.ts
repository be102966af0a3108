import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DIALECTS, MAX_ORDINAL } from './dialects.js';
import { FrameRing } from './ring.js';

test('requests of a dialect are equally long and have ids of their own', () => {
  for (const { request } of Object.values(DIALECTS)) {
    const texts = [0, 1, 999, 1000, MAX_ORDINAL].map(request);
    assert.equal(new Set(texts).size, texts.length);
    assert.equal(new Set(texts.map(({ length }) => length)).size, 1);
  }
});

test('an answer is one only to its own request, and only where it is right', () => {
  const pong = '{"jsonrpc":"2.0","result":{"pong":true},"id":"req-1007"}';
  assert.ok(DIALECTS.gateway.answers(pong, 7));
  assert.ok(!DIALECTS.gateway.answers(pong, 8));
  assert.ok(!DIALECTS.gateway.answers(pong.replace('true', 'false'), 7));
  assert.ok(!DIALECTS.gateway.answers('{"jsonrpc":"2.0","error":{"code":4003},"id":"req-1007"}', 7));
  assert.ok(DIALECTS['rpc-websockets'].answers(pong, 7));
  assert.ok(DIALECTS['socket.io'].answers('431007[{"pong":true}]', 7));
  assert.ok(!DIALECTS['socket.io'].answers('431008[{"pong":true}]', 7));
  assert.ok(DIALECTS.echo.answers(DIALECTS.echo.request(7), 7));
  assert.ok(!DIALECTS.echo.answers(DIALECTS.echo.request(8), 7));
});

test('what keeps a connection open is answered, and nothing else', () => {
  const ping = '{"jsonrpc":"2.0","method":"heartbeat.ping","params":{"seq":4,"notifications":[]}}';
  assert.match(DIALECTS.gateway.keepAlive(ping) ?? '', /"heartbeat\.pong","params":\{"seq":4\}/);
  assert.equal(DIALECTS.gateway.keepAlive('{"jsonrpc":"2.0","method":"system.goaway","params":{}}'), null);
  assert.equal(DIALECTS['socket.io'].keepAlive('2'), '3');
  assert.equal(DIALECTS['socket.io'].keepAlive('41'), null);
});

test('a ring gives every run of its frames in one piece, around its end as well', () => {
  const ring = new FrameRing(['a', 'b', 'c']);
  const frameBytes = ring.slice(0, 1).length;
  const whole = ring.slice(0, 3);
  assert.equal(ring.next(2, 2), 1);
  const around = ring.slice(2, 3);
  assert.deepEqual(around.subarray(0, frameBytes), whole.subarray(2 * frameBytes));
  assert.deepEqual(around.subarray(frameBytes), whole.subarray(0, 2 * frameBytes));
  assert.throws(() => new FrameRing(['a', 'bb']), /equally long/);
});
