import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connect } from '../../client/node.js';
import { assertSound, measure } from './measured.js';
import { hasProc } from './processes.js';
import { startTarget } from './target.js';

test('mixed: pings, channel calls and chats are all answered', async (t) => {
  const measured = await measure(t, 'mixed', { connections: 20, rate: 200, seconds: 1.5, 'warm-up': 0.2 });
  assertSound(measured);
  const { value } = measured;
  assert.ok(value('answers') > 60 && value('answers') < 300, `${value('answers')} a second`);
  for (const what of ['request to reply', 'channel call to reply', 'chat.send to its answer']) {
    assert.ok(value(`${what}, p50`) > 0, what);
  }
  assert.ok(value('chunks') > 0);
});

test('soak: slopes and a line for each minute, until somebody has seen enough', {
  skip: !hasProc,
}, async (t) => {
  let interrupted = false;
  const measured = await measure(
    t,
    'soak',
    { connections: 10, rate: 50, minutes: 10, 'warm-up': 0 },
    {
      onSaid: (said, kill) => {
        if (interrupted || !said.includes('Measuring')) return;
        interrupted = true;
        // Behind two looks at the server, which are a second apart.
        setTimeout(() => kill('SIGINT'), 2500);
      },
    },
  );
  assert.equal(measured.status, 130);
  assert.match(measured.said, /Minute 1: 10 connections, .* MiB, \d+ descriptors/);
  assert.match(measured.text, /Warning: It was interrupted/);
  assert.ok(Number.isFinite(measured.value('slope of resident memory')));
  assert.ok(Math.abs(measured.value('slope of descriptors')) < 1000);
});

test('a running gateway is measured with the token from the environment, and keeps no channel of it', async (t) => {
  const target = await startTarget({
    server: 'gateway',
    cores: null,
    heartbeatSeconds: 30,
    workers: 1,
    chunkDelayMs: 20,
    principals: 1,
    provider: null,
    rawMode: [],
    nodeFlags: [],
  });
  t.after(() => target.end());
  const env = { OPENCLAW_TOKEN: target.tokens[0] as string };
  const measured = await measure(
    t,
    'stream',
    { streams: 5, seconds: 0.5, 'warm-up': 0.2, url: target.url },
    { env },
  );
  assertSound(measured);
  assert.equal(measured.result.server, target.url);
  assert.ok(!JSON.stringify(measured.result).includes(env.OPENCLAW_TOKEN), 'the token is in the result');
  const client = await connect({ url: target.url, token: env.OPENCLAW_TOKEN, clientId: 'test' });
  t.after(() => client.close());
  const { channels } = await client.channel.list();
  assert.deepEqual(
    channels.map(({ channel_id: id }) => id),
    ['default'],
  );
});
