import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FrameLog, maskToken, type RawFrame } from './frame-log.js';
import { type Filter, type Frame, FrameReader, matcher, NO_FILTER, pretty, toJsonLines } from './traffic.js';

const raw = (number: number, direction: RawFrame['direction'], text: string, ms = number): RawFrame => ({
  number,
  direction,
  atMs: Date.UTC(2026, 2, 20) + ms,
  monotonicMs: ms,
  text,
});

const FRAMES: readonly RawFrame[] = [
  raw(1, 'lifecycle', 'open ws://127.0.0.1:18789/', 0),
  raw(
    2,
    'sent',
    '{"jsonrpc":"2.0","method":"chat.send","params":{"message":"é","channel":"ch-1"},"id":7}',
    10,
  ),
  raw(3, 'received', '{"jsonrpc":"2.0","result":{"message_id":"m","channel":"ch-1","seq":1},"id":7}', 14.5),
  raw(4, 'received', '{"jsonrpc":"2.0","method":"heartbeat.ping","params":{"seq":1,"notifications":[]}}', 20),
  raw(5, 'sent', '{"jsonrpc":"2.0","method":"chat.sendd","id":"8"}', 30),
  raw(6, 'received', '{"jsonrpc":"2.0","error":{"code":-32601,"message":"Method not found"},"id":"8"}', 31),
  raw(7, 'received', 'not JSON', 40),
];

const read = (): Frame[] => {
  const reader = new FrameReader();
  return FRAMES.map((frame) => reader.read(frame));
};

test('each frame with its method, size and latency', () => {
  assert.deepEqual(
    read().map(({ kind, method, channel, latencyMs }) => [kind, method, channel, latencyMs]),
    [
      ['lifecycle', 'connection', '', null],
      ['request', 'chat.send', 'ch-1', null],
      ['answer', 'chat.send', 'ch-1', 4.5],
      ['notification', 'heartbeat.ping', '', null],
      ['request', 'chat.sendd', '', null],
      ['error', 'chat.sendd', '', 1],
      ['other', '-', '', null],
    ],
  );
  const sent = read()[1];
  assert.equal(sent?.sizeBytes, (sent?.body.length ?? 0) + 1, 'in bytes of UTF-8');
});

test('filters by words, way and errors', () => {
  const numbers = (filter: Partial<Filter>): number[] =>
    read()
      .filter(matcher({ ...NO_FILTER, ...filter }))
      .map(({ number }) => number);
  assert.deepEqual(numbers({ text: 'CHAT.send' }), [2, 3, 5, 6]);
  assert.deepEqual(numbers({ text: 'chat -sendd' }), [2, 3]);
  assert.deepEqual(numbers({ direction: 'sent' }), [2, 5]);
  assert.deepEqual(numbers({ errorsOnly: true }), [6]);
  assert.deepEqual(numbers({ text: '-' }), [1, 2, 3, 4, 5, 6, 7]);
});

test('JSON Lines: one object a line, bodies as JSON', () => {
  const lines = toJsonLines(read());
  assert.ok(lines.endsWith('\n'));
  const objects = lines
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  assert.equal(objects.length, FRAMES.length);
  const { time, id, latency_ms, body } = objects[2] ?? {};
  assert.deepEqual([time, id, latency_ms], ['2026-03-20T00:00:00.014Z', 7, 4.5]);
  assert.deepEqual((body as { result: unknown }).result, { message_id: 'm', channel: 'ch-1', seq: 1 });
  assert.equal(objects[6]?.body, 'not JSON');
  assert.equal(objects[5]?.id, '8');
});

test('a body for people', () => {
  assert.equal(pretty('{"a":1}'), '{\n  "a": 1\n}');
  assert.equal(pretty('closed'), 'closed');
});

test('the log keeps the newest, by number and by length', () => {
  const log = new FrameLog({ maxFrames: 3, maxChars: 100 });
  for (const text of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']) log.add('received', text);
  assert.deepEqual(
    log.frames().map(({ text, number }) => `${number}${text}`),
    ['6f', '7g', '8h'],
  );
  log.add('received', 'x'.repeat(99));
  assert.deepEqual(
    log.frames().map(({ number }) => number),
    [8, 9],
  );
  log.add('received', 'y'.repeat(500));
  assert.equal(log.frames().length, 1, 'one that is longer than all may be is there all the same');
  log.clear();
  assert.deepEqual([log.frames(), log.count], [[], 10]);
});

test('no token is kept', () => {
  const handshake = JSON.stringify({
    method: 'auth.handshake',
    params: { client_id: 'web', token: 'oc_local_x' },
  });
  assert.ok(!maskToken(handshake).includes('oc_local'));
  assert.match(maskToken(handshake), /"client_id":"web"/);
  assert.ok(!maskToken('{"auth.handshake" oc_local_x').includes('oc_local'));
  assert.equal(maskToken('{"method":"chat.send"}'), '{"method":"chat.send"}');
});
