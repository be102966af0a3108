import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SCOPE_BIT } from '../sessions/scopes.js';
import { attachCursor, Cursor, detachCursor, isFollowed, type Reader } from './cursor.js';
import { ChannelLog } from './log.js';
import { Stream } from './stream.js';

const chatter: Reader = { scopeBits: SCOPE_BIT.chat };

const openLog = () => new ChannelLog('default', 1024);

const say = (log: ChannelLog, messageId: string, ...words: string[]): Stream => {
  const stream = new Stream(messageId);
  log.begin(stream);
  for (const word of words) log.appendChunk(stream, word);
  return stream;
};
const end = (log: ChannelLog, stream: Stream): void =>
  log.seal(stream, `{"params":{"end":"${stream.messageId}"}}`, SCOPE_BIT.chat);

/** Everything a cursor has to give, in short. */
const readAll = (cursor: Cursor): unknown[] => {
  const seen: unknown[] = [];
  for (let frame = cursor.nextFrame(); frame !== null; frame = cursor.nextFrame()) {
    const { chunk, end: ended, note } = JSON.parse(frame.text).params;
    seen.push(chunk ?? ended ?? note);
  }
  return seen;
};

test('a live cursor gives what comes after it, merged, and nothing of before', () => {
  const log = openLog();
  const stream = say(log, 'msg-1', 'before ');
  const cursor = new Cursor(log, chatter, log.end, null);
  assert.equal(cursor.behind, false);
  assert.equal(cursor.nextFrame(), null);
  log.appendChunk(stream, 'one ');
  log.appendChunk(stream, 'two');
  end(log, stream);
  assert.equal(cursor.behind, true);
  assert.deepEqual(readAll(cursor), ['one two', 'msg-1']);
  assert.equal(cursor.finished, false);
});

test('a cursor on one stream leaves everything else, and is finished behind its end', () => {
  const log = openLog();
  end(log, say(log, 'msg-1', 'other'));
  const stream = say(log, 'msg-2', 'a', 'b');
  log.appendFrame('{"params":{"note":1}}', SCOPE_BIT.chat, null, null);
  log.appendChunk(stream, 'c');
  const cursor = new Cursor(log, chatter, stream.firstPosition, stream);
  assert.deepEqual(readAll(cursor), ['ab', 'c']);
  assert.equal(cursor.finished, false);
  end(log, stream);
  say(log, 'msg-3', 'later');
  assert.deepEqual(readAll(cursor), ['msg-2']);
  assert.equal(cursor.finished, true);
});

test('a skipped stream is not given, to its end; the next one is', () => {
  const log = openLog();
  const cursor = new Cursor(log, chatter, log.end, null);
  const left = say(log, 'msg-1', 'a');
  cursor.skip(left);
  cursor.skip(left);
  assert.equal(cursor.follows(left), false);
  end(log, left);
  end(log, say(log, 'msg-2', 'b'));
  assert.deepEqual(readAll(cursor), ['b', 'msg-2']);
  assert.equal(cursor.skips(left), false, 'what is over is not remembered');
  cursor.skip(left);
  assert.equal(cursor.skips(left), false);
});

test('scopes decide what is given, and nobody hears of what it did itself', () => {
  const log = openLog();
  const skilled: Reader = { scopeBits: SCOPE_BIT.skills };
  const cursors = [chatter, skilled].map((reader) => new Cursor(log, reader, log.end, null));
  const stream = say(log, 'msg-1', 'text');
  log.appendFrame('{"params":{"note":"skill"}}', SCOPE_BIT.skills, stream, null);
  log.appendFrame('{"params":{"note":"by chatter"}}', SCOPE_BIT.chat, null, chatter);
  log.appendFrame('{"params":{"note":"by another"}}', SCOPE_BIT.chat, null, skilled);
  end(log, stream);
  assert.deepEqual(cursors.map(readAll), [['text', 'by another', 'msg-1'], ['skill']]);
});

test('what was forgotten before it was read makes a cursor lost', () => {
  const log = openLog();
  const cursor = new Cursor(log, chatter, log.end, null);
  const stream = say(log, 'msg-1', 'a', 'b');
  log.forgetBefore(stream.firstPosition);
  assert.equal(cursor.lost, false);
  log.forgetBefore(stream.firstPosition + 1);
  assert.equal(cursor.lost, true);
});

test('at the end of a closed log every cursor is finished', () => {
  const log = openLog();
  const cursor = new Cursor(log, chatter, log.end, null);
  say(log, 'msg-1', 'last words');
  log.closed = true;
  assert.equal(cursor.finished, false);
  assert.deepEqual(readAll(cursor), ['last words']);
  assert.equal(cursor.finished, true);
});

test('a stream is followed while a cursor on the log follows it', () => {
  const log = openLog();
  const stream = say(log, 'msg-1');
  const other = say(log, 'msg-2');
  const live = new Cursor(log, chatter, log.end, null);
  const onStream = new Cursor(log, chatter, log.end, stream);
  const onOther = new Cursor(log, chatter, log.end, other);
  for (const cursor of [live, onStream, onOther]) attachCursor(cursor);
  live.skip(stream);
  assert.equal(isFollowed(log, stream), true);
  detachCursor(onStream);
  assert.equal(isFollowed(log, stream), false);
  assert.equal(isFollowed(log, other), true);
  detachCursor(onOther);
  assert.equal(isFollowed(log, other), true);
  detachCursor(live);
  assert.equal(isFollowed(log, other), false);
  assert.equal(log.firstCursor, null);
});

test('one who may not see chats follows no stream', () => {
  const log = openLog();
  const stream = say(log, 'msg-1');
  const skilled: Reader = { scopeBits: SCOPE_BIT.skills };
  attachCursor(new Cursor(log, skilled, log.end, null));
  attachCursor(new Cursor(log, skilled, stream.firstPosition, stream));
  assert.equal(isFollowed(log, stream), false);
  attachCursor(new Cursor(log, chatter, log.end, null));
  assert.equal(isFollowed(log, stream), true);
});

test('cursors leave the list in any order', () => {
  for (const order of [
    [0, 1, 2],
    [2, 1, 0],
    [1, 0, 2],
    [1, 2, 0],
  ]) {
    const log = openLog();
    const cursors = [1, 2, 3].map(() => new Cursor(log, chatter, 0, null));
    for (const cursor of cursors) attachCursor(cursor);
    const left = new Set(cursors);
    for (const at of order) {
      const cursor = cursors[at] as Cursor;
      detachCursor(cursor);
      detachCursor(cursor);
      left.delete(cursor);
      const found = new Set<Cursor>();
      for (let one = log.firstCursor; one !== null; one = one.next) found.add(one);
      assert.deepEqual(found, left);
    }
  }
});
