import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Places } from './places.js';

const after = (...answers: readonly (readonly [string, object, object])[]): Places => {
  const places = new Places();
  for (const [method, params, result] of answers) places.answered(method, params, result);
  return places;
};
const calls = (places: Places): string[] =>
  places
    .restorations(false)
    .map(({ method, params }) => `${method} ${(params as { channel_id?: string }).channel_id ?? ''}`);

test('a new session begins where a client does that has done nothing', () => {
  assert.deepEqual(calls(new Places()), []);
});

test('what was followed is followed again, and the current channel is the last to be taken up', () => {
  const places = after(
    ['channel.create', { name: 'a' }, { channel_id: 'ch-a' }],
    ['channel.switch', { channel_id: 'ch-b' }, { channel_id: 'ch-b' }],
    ['channel.subscribe', { channel_id: 'ch-c' }, { channel_id: 'ch-c', subscribed: true }],
    ['chat.send', { message: 'hi', channel: 'ch-d' }, { message_id: 'msg-1', channel: 'ch-d', seq: 1 }],
    ['channel.unsubscribe', { channel_id: 'default' }, { channel_id: 'default', subscribed: false }],
    ['channel.unsubscribe', { channel_id: 'ch-c' }, { channel_id: 'ch-c', subscribed: false }],
  );
  assert.deepEqual(calls(places), [
    'channel.subscribe ch-a',
    'channel.subscribe ch-d',
    'channel.switch ch-b',
    'channel.unsubscribe default',
  ]);
  assert.deepEqual(places.restorations(true), []);
});

test('a current channel that is not followed stays so', () => {
  const places = after(
    ['channel.switch', { channel_id: 'ch-b' }, { channel_id: 'ch-b' }],
    ['channel.unsubscribe', { channel_id: 'ch-b' }, {}],
  );
  assert.deepEqual(calls(places), ['channel.switch ch-b', 'channel.unsubscribe ch-b']);
});

test('a deleted channel is forgotten, and whoever was on it is on default', () => {
  const places = after(
    ['channel.switch', { channel_id: 'ch-b' }, { channel_id: 'ch-b' }],
    ['channel.create', {}, { channel_id: 'ch-a' }],
    ['channel.delete', { channel_id: 'ch-b' }, { deleted: true }],
  );
  assert.deepEqual(calls(places), ['channel.subscribe ch-a']);
  places.gone('ch-a');
  assert.deepEqual(calls(places), []);
});

test('what is watched is asked for on every connection, as it was last asked for', () => {
  const places = after(
    ['system.trace', { enabled: true }, { enabled: true }],
    ['system.trace', { enabled: true, errors: true }, { enabled: true }],
  );
  assert.deepEqual(places.restorations(true), [
    { method: 'system.trace', params: { enabled: true, errors: true } },
  ]);
  places.answered('system.trace', { enabled: false }, { enabled: false });
  assert.deepEqual(places.restorations(false), []);
});

test('a session that was taken up follows what it says it follows', () => {
  const places = new Places();
  const about = { name: '', metadata: {}, created_at: '', message_count: 0, last_activity_at: '' };
  places.learn({
    channels: [
      { ...about, channel_id: 'default', subscribed: false },
      { ...about, channel_id: 'ch-a', subscribed: true },
      { ...about, channel_id: 'ch-b', subscribed: true },
    ],
    current: 'ch-a',
  });
  assert.deepEqual(calls(places), [
    'channel.subscribe ch-b',
    'channel.switch ch-a',
    'channel.unsubscribe default',
  ]);
});
