import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Histogram } from './histogram.js';
import { assertSound, measure } from './measured.js';

test('rpc against the bare server: both answer, both are compared, and there is a page of it', async (t) => {
  const measured = await measure(t, 'rpc', {
    connections: 6,
    depth: 4,
    seconds: 1,
    'warm-up': 0.2,
    against: 'raw',
    html: '%page.html',
    svg: '%chart.svg',
  });
  assertSound(measured);
  const { result, text, value, written } = measured;
  const { against } = result;
  assert.equal(result.server, 'gateway');
  assert.equal(against?.server, 'raw');
  for (const one of [result, against]) {
    const [replies] = one.distributions;
    assert.ok(replies !== undefined && Histogram.from(replies).count > 1000, 'answers are counted');
    assert.ok(one.samples.length > 0 && one.samples[0]?.open === 6);
  }
  assert.ok(value('messages') > 1000);
  assert.ok(value('request to reply, p50') > 0 && value('request to reply, max') < 1000);
  assert.match(text, /B ÷ A/);
  assert.match(text, /Also different\n {2}server: gateway and raw/);
  assert.match(written('page.html'), /rpc: request to reply, by percentile/);
  assert.match(written('chart.svg'), /^<svg [^>]*xmlns/);
});

test('rpc at a rate through sizes that grow: as many answers as were asked for, at each size', async (t) => {
  const measured = await measure(t, 'rpc', { sizes: '4,8,16', rate: 400, seconds: 0.6, 'warm-up': 0.2 });
  assertSound(measured);
  const { points, parameters } = measured.result;
  assert.equal(parameters.connections, 16);
  assert.deepEqual(
    points.map(({ connections }) => connections),
    [4, 8, 16],
  );
  for (const { connections, figures } of points) {
    const value = (name: string) => figures.find((figure) => figure.name === name)?.value as number;
    assert.equal(value('connections'), connections);
    assert.ok(value('messages') > 200 && value('messages') < 800, `${value('messages')} a second`);
  }
});

test('connect: handshakes are answered one after another on both servers', async (t) => {
  for (const server of ['gateway', 'raw']) {
    const measured = await measure(t, 'connect', { 'at-once': 8, seconds: 0.6, 'warm-up': 0.2, server });
    assertSound(measured);
    assert.ok(measured.value('handshakes') > 20, `${measured.value('handshakes')} a second`);
    assert.ok(measured.value('connection to handshake answered, p50') > 0);
  }
});

test('storm: everybody comes back with the session it had', async (t) => {
  const measured = await measure(t, 'storm', { connections: 40, rounds: 2 });
  assertSound(measured);
  assert.equal(measured.value('connections'), 40);
  assert.equal(measured.value('of those, sessions taken up again'), 40);
  assert.ok(measured.value('storm 1: all back after') > 0);
  assert.ok(measured.value('storm 2: all back after') > 0);
});
