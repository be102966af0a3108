import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ChatHistoryResult } from '../../client/index.js';
import * as talk from './conversation.js';

const AT = '2026-03-20T10:15:23Z';
const ABOUT = { channel: 'default', message_id: 'msg-1' };
const END = { ...ABOUT, total_tokens: 7, duration_ms: 12, finish_reason: 'stop' } as const;

const page = (
  rows: readonly [id: string, seq: number, content: string, finish?: 'stop' | null][],
  has_more = false,
): ChatHistoryResult => ({
  has_more,
  messages: rows.map(([message_id, seq, content, finish]) => ({
    message_id,
    seq,
    role: finish === undefined ? ('user' as const) : ('assistant' as const),
    content,
    created_at: AT,
    ...(finish === 'stop' ? { finish_reason: finish } : {}),
  })),
});

const said = ({ turns }: talk.Conversation): unknown[] =>
  turns.map(({ message, reply }) => [message, reply?.text.text, reply?.state]);

test('a message, its reply, its end', () => {
  let state = talk.sent(talk.EMPTY, 'own-1', 'Hello', AT);
  assert.deepEqual(said(state), [['Hello', '', 'waiting']]);
  state = talk.stored(state, 'own-1', 'msg-1');
  state = talk.streaming(state, 'msg-1');
  talk.liveText(state, 'msg-1')?.append('Hi ');
  talk.liveText(state, 'msg-1')?.append('there');
  assert.deepEqual(talk.running(state).length, 1);
  state = talk.completed(state, END);
  assert.deepEqual(said(state), [['Hello', 'Hi there', 'done']]);
  assert.equal(state.turns[0]?.key, 'own-1', 'its key stays');
  assert.equal(talk.liveText(state, 'msg-1'), null);
});

test('a reply that is faster than the answer to its message is not shown twice', () => {
  let state = talk.sent(talk.EMPTY, 'own-1', 'Hello', AT);
  state = talk.streaming(state, 'msg-1');
  talk.liveText(state, 'msg-1')?.append('Hi');
  state = talk.stored(state, 'own-1', 'msg-1');
  assert.deepEqual(said(state), [['Hello', 'Hi', 'streaming']]);
});

test('what another connection says comes behind what was stored before it', () => {
  let state = talk.loaded(talk.EMPTY, page([['msg-0', 1, 'before']]), 'newest');
  state = talk.sent(state, 'own-1', 'mine', AT);
  state = talk.stored(state, 'own-1', 'msg-1');
  state = talk.sent(state, 'own-2', 'not there yet', AT);
  state = talk.heard(state, { ...ABOUT, message_id: 'msg-2', seq: 5, message: 'theirs', client_id: 'x' });
  const order = ['before', 'mine', 'theirs', 'not there yet'];
  assert.deepEqual(
    state.turns.map(({ message }) => message),
    order,
  );
  const all = page([
    ['msg-0', 1, 'before'],
    ['msg-1', 3, 'mine'],
    ['msg-2', 5, 'theirs'],
  ]);
  assert.deepEqual(
    talk.loaded(state, all, 'newest').turns.map(({ message }) => message),
    order,
  );
});

test('a message that was refused can be taken back', () => {
  let state = talk.sent(talk.EMPTY, 'own-1', 'Hello', AT);
  state = talk.refused(state, 'own-1', 'Too long.');
  assert.equal(state.turns[0]?.refused, 'Too long.');
  assert.deepEqual(talk.running(state), []);
  assert.deepEqual(talk.removed(state, 'own-1').turns, []);
});

test('skills of a reply, while they run and after', () => {
  let state = talk.streaming(talk.EMPTY, 'msg-1');
  const run = { ...ABOUT, invocation_id: 'inv-1', skill: 'time.now' };
  state = talk.skillInvoked(state, { ...run, arguments: { zone: 'UTC' } });
  assert.equal(state.turns[0]?.reply?.skills[0]?.ok, undefined);
  state = talk.skillEnded(state, { ...run, ok: true, result: 'Friday', duration_ms: 3 });
  assert.deepEqual(state.turns[0]?.reply?.skills, [
    { id: 'inv-1', skill: 'time.now', arguments: { zone: 'UTC' }, ok: true, result: 'Friday', durationMs: 3 },
  ]);
});

test('history comes in order, older pages before, and nothing twice', () => {
  const newest = page(
    [
      ['c', 5, 'three'],
      ['c', 6, 'three!', 'stop'],
    ],
    true,
  );
  let state = talk.loaded(talk.EMPTY, newest, 'newest');
  assert.equal(talk.oldestSeq(state), 5);
  state = talk.loaded(
    state,
    page([
      ['a', 1, 'one'],
      ['a', 2, 'one!', 'stop'],
    ]),
    'older',
  );
  assert.deepEqual([state.hasMore, state.state], [false, 'loaded']);
  const before = state.turns[1];
  state = talk.loaded(state, newest, 'newest');
  assert.deepEqual(said(state), [
    ['one', 'one!', 'done'],
    ['three', 'three!', 'done'],
  ]);
  assert.equal(state.hasMore, false, 'the newest page says nothing of what is before the oldest');
  assert.equal(state.turns[1]?.reply, before?.reply, 'what has not changed stays the same');
});

test('history does not end a reply that runs, and ends one that has ended unheard', () => {
  let state = talk.heard(talk.EMPTY, { ...ABOUT, seq: 1, message: 'Hello', client_id: 'cli' });
  state = talk.streaming(state, 'msg-1');
  const text = talk.liveText(state, 'msg-1');
  text?.append('Hi ');
  state = talk.loaded(
    state,
    page([
      ['msg-1', 1, 'Hello'],
      ['msg-1', 2, '', null],
    ]),
    'newest',
  );
  assert.deepEqual(said(state), [['Hello', 'Hi ', 'streaming']]);
  state = talk.loaded(
    state,
    page([
      ['msg-1', 1, 'Hello'],
      ['msg-1', 2, 'Hi there', 'stop'],
    ]),
    'newest',
  );
  assert.deepEqual(said(state), [['Hello', 'Hi there', 'done']]);
  assert.equal(state.turns[0]?.reply?.text, text, 'what is on the screen is appended to');
  text?.append('there');
  state = talk.streaming(state, 'msg-1');
  assert.deepEqual(said(state), [['Hello', 'Hi there', 'done']], 'what comes late is there already');
});

test('a gap between what is held and the newest is not hidden', () => {
  let state = talk.loaded(
    talk.EMPTY,
    page([
      ['a', 1, 'one'],
      ['a', 2, 'one!', 'stop'],
    ]),
    'newest',
  );
  state = talk.sent(state, 'own-1', 'waits', AT);
  state = talk.loaded(
    state,
    page(
      [
        ['z', 201, 'last'],
        ['z', 202, 'last!', 'stop'],
      ],
      true,
    ),
    'newest',
  );
  assert.deepEqual(
    state.turns.map(({ message }) => message),
    ['last', 'waits'],
  );
  assert.equal(state.hasMore, true);
});

test('messages of others stand in the order of the channel', () => {
  let state = talk.heard(talk.EMPTY, {
    ...ABOUT,
    message_id: 'b',
    seq: 3,
    message: 'second',
    client_id: 'x',
  });
  state = talk.heard(state, { ...ABOUT, message_id: 'a', seq: 1, message: 'first', client_id: 'x' });
  state = talk.sent(state, 'own-1', 'third', AT);
  assert.deepEqual(
    state.turns.map(({ message }) => message),
    ['first', 'second', 'third'],
  );
});
