import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ChannelLog } from '../../server/core/streams/log.js';
import { Stream } from '../../server/core/streams/stream.js';
import { digitIdOf, Kind, kindOf, spanOf } from './kinds.js';

/** Within other bytes, so that nothing is read at absolute places. */
const look = <T>(text: string, read: (bytes: Buffer, start: number, end: number) => T): T => {
  const bytes = Buffer.from(`{"ab${text}"id":9}}`);
  return read(bytes, 4, 4 + Buffer.byteLength(text));
};
const kind = (text: string): Kind => look(text, kindOf);

test('each kind of message is told by its bytes', () => {
  const notification = (method: string, params = '{"seq":1}') =>
    `{"jsonrpc":"2.0","method":"${method}","params":${params}}`;
  assert.equal(kind('{"jsonrpc":"2.0","result":{"pong":true},"id":1}'), Kind.reply);
  assert.equal(kind('{"jsonrpc":"2.0","error":{"code":-32601,"message":"no"},"id":1}'), Kind.failure);
  assert.equal(kind('{"jsonrpc":"2.0","method":"system.ping","params":{},"id":1}'), Kind.reply);
  assert.equal(kind(notification('heartbeat.ping')), Kind.ping);
  assert.equal(kind(notification('heartbeat.pong')), Kind.other);
  assert.equal(kind(notification('chat.stream')), Kind.chunk);
  assert.equal(kind(notification('chat.complete')), Kind.complete);
  assert.equal(kind(notification('chat.message')), Kind.other);
  assert.equal(kind(notification('channel.changed')), Kind.other);
  assert.equal(kind(notification('system.goaway')), Kind.other);
  for (const text of ['', '{', '[]', '{"jsonrpc":"2.0","id":1}']) assert.equal(kind(text), Kind.other);
});

test('a chunk’s frame as the gateway writes it says how many it carries', () => {
  for (const count of [1, 2, 10, 123]) {
    const log = new ChannelLog('default', 15 * 1024);
    const stream = new Stream('msg-1');
    for (let at = 0; at < count; at += 1) log.appendChunk(stream, ' wörd');
    const entry = log.at(0);
    assert.ok(entry.kind === 'chunks');
    const { text } = log.merge(entry, 0);
    assert.equal(kind(text), Kind.chunk);
    assert.equal(
      look(text, (bytes, _start, end) => spanOf(bytes, end)),
      count,
    );
  }
});

test('an id of one digit is read from the end, any other is none', () => {
  const id = (text: string): number => look(text, (bytes, _start, end) => digitIdOf(bytes, end));
  assert.equal(id('{"jsonrpc":"2.0","result":{},"id":7}'), 7);
  assert.ok(Number.isNaN(id('{"jsonrpc":"2.0","result":{},"id":17}')));
  assert.ok(Number.isNaN(id('{"jsonrpc":"2.0","result":{},"id":"7"}')));
});
