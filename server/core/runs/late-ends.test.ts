import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import Sqlite from 'better-sqlite3';
import type { ReplyEnd, ReplyRef } from '../../backends/memory/port.js';
import { openSqliteMemory } from '../../backends/memory/sqlite.js';
import { TimerWheel } from '../time/timer-wheel.js';
import { LateEnds } from './late-ends.js';

const end = (text: string): ReplyEnd => ({
  text,
  finishReason: 'stop',
  totalTokens: 3,
  durationMs: 5,
  usage: null,
  error: null,
  skills: null,
});

/** Late ends over a store on disk that ends no reply while it `refuses`; ada has two open replies. */
const start = async (t: TestContext, maxChars: number) => {
  const dir = mkdtempSync(join(tmpdir(), 'openclaw-test-'));
  const path = join(dir, 'openclaw.db');
  const memory = await openSqliteMemory({ path });
  const outside = new Sqlite(path);
  t.after(async () => {
    outside.close();
    await memory.close();
    rmSync(dir, { recursive: true });
  });
  await memory.openPrincipal('ada');
  const replies: ReplyRef[] = [];
  for (const messageId of ['one', 'two']) {
    const place = { principal: 'ada', channelId: 'default', messageId };
    const stored = await memory.addMessage({
      ...place,
      clientId: 'terminal',
      content: 'hello',
      metadata: null,
      idempotencyKey: null,
      onlyRepeated: false,
      createdAtMs: 0,
    });
    assert.equal(stored.outcome, 'stored');
    replies.push({ ...place, seq: 'seq' in stored ? stored.seq + 1 : 0 });
  }
  let nowMs = 0;
  const wheel = new TimerWheel(100, 0);
  const faults: string[] = [];
  const late = new LateEnds({
    memory,
    clock: { nowMs: () => nowMs, wallMs: () => nowMs },
    wheel,
    maxChars,
    onFault: (what) => faults.push(what),
  });
  return {
    late,
    replies,
    faults,
    refuse: () =>
      outside.exec(`CREATE TRIGGER refuse BEFORE UPDATE OF finish_reason ON messages
        BEGIN SELECT raise(ABORT, 'not now'); END`),
    accept: () => outside.exec('DROP TRIGGER refuse'),
    /** A second later, with everything done that begins then. */
    second: async () => {
      nowMs += 1000;
      wheel.advance(nowMs);
      await late.store();
    },
    text: async (messageId: string) => {
      const reply = await memory.findReply('ada', messageId);
      return reply?.finishReason === null ? null : reply?.text;
    },
  };
};

test('what the store refused is stored by itself once it takes it, and nothing is tried after that', async (t) => {
  const { late, replies, faults, refuse, accept, second, text } = await start(t, 10_000);
  refuse();
  for (const [at, reply] of replies.entries()) late.add(reply, end(`reply ${at}`), new Error('not now'));
  await second();
  await second();
  assert.deepEqual([await text('one'), await text('two')], [null, null]);
  accept();
  await second();
  assert.deepEqual([await text('one'), await text('two')], ['reply 0', 'reply 1']);
  assert.deepEqual(new Set(faults), new Set(['the end of a reply waits to be stored']));
});

test('what waits is bounded, what is beyond is said to be lost', async (t) => {
  const { late, replies, faults, second, text } = await start(t, 1000);
  for (const reply of replies) late.add(reply, end('x'.repeat(400)), new Error('not now'));
  await second();
  assert.deepEqual([await text('one'), await text('two')], ['x'.repeat(400), null]);
  assert.deepEqual(faults, [
    'the end of a reply waits to be stored',
    'the end of a reply is lost, too many wait to be stored',
  ]);
});

test('what a reply has used counts like its text', async (t) => {
  const { late, replies, faults } = await start(t, 1000);
  const skills = [{ invocation_id: 'inv-1', skill: 'time.now', ok: true, content: 'x'.repeat(300) }];
  for (const reply of replies) late.add(reply, { ...end(''), skills }, new Error('not now'));
  assert.equal(faults.at(-1), 'the end of a reply is lost, too many wait to be stored');
});
