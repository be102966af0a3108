import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertSound, measure } from './measured.js';

/** Chunks a second, give or take a machine that is busy. */
const assertNear = (value: number, wanted: number): void =>
  assert.ok(value > 0.4 * wanted && value < 1.6 * wanted, `${value} instead of ${wanted}`);

test('stream: every connection gets its own chunks at the pace, whole, on both servers', async (t) => {
  for (const server of ['gateway', 'raw']) {
    const measured = await measure(t, 'stream', {
      streams: 20,
      tokens: 20,
      seconds: 1,
      'warm-up': 0.2,
      server,
    });
    assertSound(measured);
    assertNear(measured.value('chunks'), 400);
    const gapMs = measured.value('between two chunks of a stream, p50');
    assert.ok(gapMs > 10 && gapMs < 100, `${gapMs} ms between two`);
  }
});

test('models: a provider’s words come through, and the SDK alone is measured beside them', async (t) => {
  const measured = await measure(t, 'models', { streams: 10, tokens: 20, seconds: 1, 'warm-up': 0.2 });
  assertSound(measured);
  assertNear(measured.value('chunks'), 200);
  assertNear(measured.value('tokens that the SDK alone read'), 200);
  assert.ok(measured.value('processor time of the SDK alone for each token') > 0);
});

test('fanout: the one who speaks and all who follow get every chunk, on both servers', async (t) => {
  for (const server of ['gateway', 'raw']) {
    const measured = await measure(t, 'fanout', {
      followers: 24,
      tokens: 20,
      seconds: 1,
      'warm-up': 0.2,
      server,
    });
    assertSound(measured);
    assertNear(measured.value('chunks'), 500);
    assert.equal(measured.value('connections'), 25);
  }
});

test('slow: those who stop reading cost the others nothing, and miss nothing', async (t) => {
  const measured = await measure(t, 'slow', {
    followers: 20,
    stalled: 20,
    tokens: 20,
    'word-bytes': 100,
    seconds: 1,
    'warm-up': 0.2,
  });
  assertSound(measured);
  const { value } = measured;
  assert.equal(value('stalled'), 4);
  // The sender and 16 who read on.
  assertNear(value('chunks'), 340);
  // All 21 again, and what the four had missed.
  assert.ok(value('chunks while they catch up') > value('chunks'));
  assert.equal(value('chunks missing or twice'), 0);
  assert.equal(value('connections lost meanwhile'), 0);
});

test('chat: what is said is stored and answered, on both servers', async (t) => {
  for (const server of ['gateway', 'raw']) {
    const measured = await measure(t, 'chat', { connections: 10, seconds: 0.6, 'warm-up': 0.2, server });
    assertSound(measured);
    assert.ok(measured.value('chats') > 10, `${measured.value('chats')} a second`);
    assert.ok(measured.value('chat.send to its answer, p50') > 0);
  }
});

test('send: what is said is acknowledged while its replies have hardly begun, on both servers', async (t) => {
  for (const server of ['gateway', 'raw']) {
    const measured = await measure(t, 'send', { connections: 10, seconds: 0.4, 'warm-up': 0.1, server });
    assertSound(measured);
    assert.ok(measured.value('messages') > 10, `${measured.value('messages')} a second`);
    assert.ok(measured.value('chat.send to its answer, p50') > 0);
  }
});
