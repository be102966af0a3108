import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Call, Calls } from './calls.js';
import { TooManyCallsError } from './errors.js';

const failures: [number, unknown][] = [];

const call = (id: number, method = 'channel.list', options: Partial<Call> = {}): Call => ({
  id,
  method,
  text: 'x'.repeat(10),
  transient: false,
  succeed: () => {},
  fail: (error) => failures.push([id, error]),
  doubtful: false,
  ...options,
});

/** Sends everything that waits; returns the ids in order. */
const send = (calls: Calls): number[] => {
  const sent: number[] = [];
  for (let next = calls.next(); next !== undefined; next = calls.next()) sent.push(next.id);
  return sent;
};

const fresh = (...added: readonly Call[]): Calls => {
  failures.length = 0;
  const calls = new Calls(100, 1000);
  for (const each of added) calls.add(each);
  return calls;
};

test('calls go in their order, those of the connection before all others', () => {
  const calls = fresh(call(2), call(3), call(4, 'chat.resume', { transient: true }));
  assert.equal(calls.hasNext, true);
  assert.deepEqual(send(calls), [4, 2, 3]);
  assert.equal(calls.hasNext, false);
});

test('after a lost connection what may be done twice goes again, in order; what may not fails, and only if it was sent', () => {
  const [sent, create, own] = [
    call(2),
    call(3, 'channel.create'),
    call(4, 'chat.resume', { transient: true }),
  ];
  const calls = fresh(sent, create, own);
  assert.deepEqual(send(calls), [4, 2, 3]);
  const later = [call(5, 'channel.create'), call(6, 'chat.send')];
  for (const each of later) calls.add(each);
  calls.connectionLost('lost');
  assert.deepEqual(failures, [
    [3, 'lost'],
    [4, 'lost'],
  ]);
  assert.deepEqual([sent.doubtful, later[0]?.doubtful], [true, false]);
  assert.equal(calls.isUnsent(sent), false);
  assert.equal(calls.isUnsent(later[1] as Call), true);
  assert.deepEqual(send(calls), [2, 5, 6]);
});

test('what was refused unseen goes again where it was', () => {
  const calls = fresh(call(2), call(3), call(4));
  calls.next();
  calls.next();
  calls.waitAgain(calls.get(2) as Call);
  calls.waitAgain(calls.get(3) as Call);
  assert.deepEqual(send(calls), [2, 3, 4]);
});

test('what is answered or given up goes nowhere any more', () => {
  const calls = fresh(call(2), call(3));
  assert.equal(calls.take(2)?.id, 2);
  assert.equal(calls.take(2), undefined);
  assert.deepEqual(send(calls), [3]);
  calls.take(3);
  calls.connectionLost('lost');
  assert.deepEqual([send(calls), failures], [[], []]);
});

test('there is room for so many, by number and by length; what is sent by itself is not counted against anybody', () => {
  const byNumber = new Calls(2, 1000);
  byNumber.add(call(2));
  byNumber.add(call(3));
  assert.throws(() => byNumber.add(call(4)), TooManyCallsError);
  byNumber.add(call(5, 'chat.resume', { transient: true }));
  byNumber.take(5);
  byNumber.take(2);
  byNumber.add(call(6));

  const byLength = new Calls(100, 15);
  byLength.add(call(2, 'chat.send', { text: 'x'.repeat(100) }));
  assert.throws(() => byLength.add(call(3)), TooManyCallsError);
  byLength.take(2);
  byLength.add(call(4));
});

test('at the end all of them fail', () => {
  const calls = fresh(call(2), call(3, 'channel.create'), call(4, 'chat.resume', { transient: true }));
  calls.next();
  calls.failAll('over');
  assert.deepEqual(failures, [
    [2, 'over'],
    [3, 'over'],
    [4, 'over'],
  ]);
  assert.equal(calls.hasNext, false);
});
