import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import Sqlite from 'better-sqlite3';
import type { Summarized } from '../../backends/memory/port.js';
import { openSqliteMemory } from '../../backends/memory/sqlite.js';
import type { Summarizer, SummaryRequest } from '../../backends/reasoning/port.js';
import type { Channel } from '../channels/channel.js';
import { Principal } from '../channels/principal.js';
import { TimerWheel } from '../time/timer-wheel.js';
import { Compaction, type CompactionLimits } from './compaction.js';

const PATIENCE_MS = 30_000;
const DAY_MS = 24 * 60 * 60 * 1000;

/** One call of a model that answers when the test says so. */
interface Asked {
  readonly request: SummaryRequest;
  readonly signal: AbortSignal;
  readonly answer: (text: string) => void;
  readonly fail: (error: Error) => void;
}

/** A model whose answers are the test's. */
class ScriptedModel implements Summarizer {
  readonly asked: Asked[] = [];
  readonly #script: ((asked: Asked) => void) | null;

  /** @param script answers a call at once; null: the test does, later */
  constructor(script: ((asked: Asked) => void) | null) {
    this.#script = script;
  }

  summarize(request: SummaryRequest, signal: AbortSignal): Promise<string> {
    return new Promise((resolve, reject) => {
      const asked = { request, signal, answer: resolve, fail: reject };
      this.asked.push(asked);
      this.#script?.(asked);
    });
  }
}

/** Compaction over a store on disk; ada has the channels `default` and `coding`. */
const start = async (
  t: TestContext,
  summarizer: Summarizer | null = null,
  change: Partial<CompactionLimits> = {},
) => {
  const dir = mkdtempSync(join(tmpdir(), 'openclaw-test-'));
  const path = join(dir, 'openclaw.db');
  const memory = await openSqliteMemory({ path });
  const outside = new Sqlite(path);
  await memory.openPrincipal('ada');
  await memory.createChannel('ada', { channelId: 'coding', name: '', metadata: {}, createdAtMs: 0 }, 10);
  const ids = ['default', 'coding'].map((channelId) => ({ channelId, name: channelId }));
  const { channels } = new Principal('ada', ids, () => {});
  let nowMs = 0;
  const wheel = new TimerWheel(100, 0);
  const faults: string[] = [];
  const done: Summarized[] = [];
  let calls = 0;
  let closed = false;
  const limits: CompactionLimits = { compactAfterMessages: 8, recallTokens: 400, retentionMs: 0, ...change };
  /** The store's own calls, counted. */
  const counted = {
    nextToSummarize: (...args: Parameters<typeof memory.nextToSummarize>) => {
      assert.ok(!closed, 'a closed memory is not asked');
      calls += 1;
      return memory.nextToSummarize(...args);
    },
    summarize: async (...args: Parameters<typeof memory.summarize>) => {
      assert.ok(!closed, 'a closed memory is not asked');
      calls += 1;
      const summarized = await memory.summarize(...args);
      done.push(summarized);
      return summarized;
    },
  };
  const compaction = new Compaction({
    memory: counted,
    summarizer: () => summarizer,
    clock: { nowMs: () => nowMs, wallMs: () => nowMs },
    wheel,
    limits,
    onFault: (what, error) => faults.push(`${what}: ${(error as Error).message}`),
  });
  t.after(async () => {
    await compaction.close();
    closed = true;
    outside.close();
    await memory.close();
    rmSync(dir, { recursive: true });
  });
  const seqs = new Map<string, number>();
  const channel = (id: string): Channel => channels.get(id) as Channel;
  return {
    compaction,
    memory,
    outside,
    faults,
    done,
    limits,
    channel,
    calls: () => calls,
    /** Says something and has it answered, `count` times; the compaction hears of the last. */
    say: async (
      count: number,
      id = 'default',
      text = (at: number) => `Subject${at} matters.`,
    ): Promise<void> => {
      for (let left = count; left > 0; left -= 1) {
        const at = (seqs.get(id) ?? 0) + 2;
        seqs.set(id, at);
        const place = { principal: 'ada', channelId: id, messageId: `${id}-${at}` };
        await memory.addMessage({
          ...place,
          clientId: 'terminal',
          content: text(at),
          metadata: null,
          idempotencyKey: null,
          onlyRepeated: false,
          createdAtMs: nowMs,
        });
        const end = { text: `Noted${at}.`, finishReason: 'stop', totalTokens: 0, durationMs: 0 } as const;
        await memory.finishReply({ ...place, seq: at }, { ...end, usage: null, error: null, skills: null });
      }
      compaction.grew(channel(id), seqs.get(id) ?? 0);
    },
    pass: (ms: number): void => {
      nowMs += ms;
      wheel.advance(nowMs);
    },
    /** Lets what is under way go on until `holds`. */
    until: async (holds: () => boolean): Promise<void> => {
      const deadlineMs = performance.now() + PATIENCE_MS;
      while (!holds()) {
        assert.ok(performance.now() < deadlineMs, `it never comes to ${holds}`);
        await turn();
      }
      await turn();
    },
    row: (id = 'default') =>
      outside
        .prepare(
          `SELECT source, upto_seq AS upto, content FROM summaries JOIN channels ON channels.id = summaries.channel
           WHERE channel_id = ?`,
        )
        .get(id) as { source: string; upto: number; content: string } | undefined,
  };
};

test('without a provider sentences are chosen, once more than so many messages stand there, and all messages stay', async (t) => {
  const { say, until, done, row, calls, outside } = await start(t);
  await say(4);
  await turn();
  assert.deepEqual([calls(), row()], [0, undefined]);
  await say(1);
  await until(() => done.length === 1);
  const { source, upto, content } = row() ?? {};
  assert.deepEqual([source, upto], ['sentences', 6]);
  assert.match(content ?? '', /^user: Subject2 matters\.\n/);
  assert.equal(outside.prepare('SELECT count(*) FROM messages').pluck().get(), 10);
});

test('between two summaries the memory is left alone', async (t) => {
  const { say, until, done, calls, row } = await start(t);
  await say(5);
  await until(() => done.length === 1);
  for (let at = 0; at < 2; at += 1) await say(1);
  await turn();
  assert.equal(calls(), 1);
  await say(1);
  await until(() => done.length === 2);
  assert.equal(row()?.upto, 12);
});

test('a provider writes it, of its last one and what was said since', async (t) => {
  const model = new ScriptedModel(({ answer }) => answer(`Summary ${model.asked.length}.`));
  const { say, until, done, row, faults } = await start(t, model);
  await say(5);
  await until(() => done.length === 1);
  assert.deepEqual(row(), { source: 'provider', upto: 6, content: 'Summary 1.' });
  await say(3);
  await until(() => done.length === 2);
  assert.deepEqual(row(), { source: 'provider', upto: 12, content: 'Summary 2.' });
  const [first, second] = model.asked.map(({ request }) => request);
  assert.deepEqual([first?.previous, first?.messages.length, first?.maxTokens], [null, 6, 100]);
  assert.deepEqual(second?.previous, 'Summary 1.');
  assert.deepEqual(second?.messages[0], { role: 'user', content: 'Subject8 matters.' });
  assert.deepEqual(faults, []);
});

for (const [how, script] of [
  ['fails', ({ fail }: Asked) => fail(new Error('no credit'))],
  [
    'throws',
    () => {
      throw new Error('no credit');
    },
  ],
] as const) {
  test(`where the provider ${how} it is told, and sentences are chosen`, async (t) => {
    const { say, until, done, row, faults } = await start(t, new ScriptedModel(script));
    await say(5);
    await until(() => done.length === 1);
    assert.equal(row()?.source, 'sentences');
    assert.deepEqual(faults, ['summary: no credit']);
  });
}

test('a provider that says nothing gets two minutes, and is told that nobody waits any more', async (t) => {
  const model = new ScriptedModel(null);
  const { say, until, done, row, faults, pass } = await start(t, model);
  await say(5);
  await until(() => model.asked.length === 1);
  pass(119_000);
  await turn();
  assert.deepEqual([done.length, model.asked[0]?.signal.aborted], [0, false]);
  pass(2000);
  await until(() => done.length === 1);
  assert.equal(model.asked[0]?.signal.aborted, true);
  assert.equal(row()?.source, 'sentences');
  assert.equal(faults.length, 1);
  model.asked[0]?.fail(new Error('late'));
  await turn();
  assert.equal(faults.length, 1);
});

test('channels come one after another, each once, however often it grew meanwhile', async (t) => {
  const model = new ScriptedModel(null);
  const { say, until, done, row } = await start(t, model);
  await say(5);
  await until(() => model.asked.length === 1);
  for (let at = 0; at < 8; at += 1) await say(1, 'coding');
  await turn();
  assert.equal(model.asked.length, 1);
  model.asked[0]?.answer('Of default.');
  await until(() => model.asked.length === 2);
  model.asked[1]?.answer('Of coding.');
  await until(() => done.length === 2);
  assert.deepEqual(
    [row()?.content, row('coding')?.content, row('coding')?.upto],
    ['Of default.', 'Of coding.', 12],
  );
  await turn();
  assert.equal(model.asked.length, 2);
});

test('a long way is gone by sentences, with pauses, and its end is the provider’s', async (t) => {
  const model = new ScriptedModel(({ answer }) => answer('The end.'));
  const { say, until, done, row, pass } = await start(t, model);
  await say(30, 'default', (at) => `${`Subject${at} matters. `.repeat(2000)}`);
  await until(() => done.length === 1);
  assert.equal(model.asked.length, 0);
  for (let steps = 1; done.at(-1)?.more === true; steps += 1) {
    await turn();
    assert.equal(done.length, steps, 'a pause behind each step');
    pass(100);
    await until(() => done.length > steps);
  }
  assert.ok(done.length > 3);
  assert.equal(model.asked.length, 1);
  assert.match(model.asked[0]?.request.previous ?? '', /^user: Subject\d+ matters\.$/m);
  assert.deepEqual(row(), { source: 'provider', upto: 56, content: 'The end.' });
});

test('what the store refuses is told, and tried again only when more has been said', async (t) => {
  const { say, until, done, faults, outside, calls, row, compaction, channel } = await start(t);
  outside.exec(`CREATE TRIGGER refuse BEFORE INSERT ON summaries BEGIN SELECT raise(ABORT, 'not now'); END`);
  await say(5);
  await until(() => faults.length === 1);
  assert.match(faults[0] ?? '', /not now/);
  outside.exec('DROP TRIGGER refuse');
  compaction.grew(channel('default'), 11);
  await turn();
  assert.deepEqual([calls(), done.length], [1, 0]);
  await say(1);
  await until(() => done.length === 1);
  assert.equal(row()?.upto, 8);
});

test('what expires within the last quarter of its time is passed over', async (t) => {
  const model = new ScriptedModel(({ answer }) => answer('A summary.'));
  const { say, until, done, pass } = await start(t, model, { retentionMs: 4 * DAY_MS });
  await say(2);
  pass(3.5 * DAY_MS);
  await say(3);
  await until(() => done.length === 1);
  assert.deepEqual(
    model.asked[0]?.request.messages.map(({ content }) => content),
    ['Subject6 matters.', 'Noted6.'],
  );
});

test('nothing is summarized where that is turned off, nothing is recalled, or the channel is gone', async (t) => {
  const { say, calls, limits, compaction, channel, until, done } = await start(t);
  limits.compactAfterMessages = 0;
  await say(6);
  Object.assign(limits, { compactAfterMessages: 4, recallTokens: 0 });
  await say(1);
  limits.recallTokens = 400;
  channel('default').deleted = true;
  compaction.grew(channel('default'), 14);
  await turn();
  assert.equal(calls(), 0);
  // And it goes on with others.
  await say(4, 'coding');
  await until(() => done.length === 1);
  assert.equal(calls(), 1);
});

test('closing waits for no provider, and the memory is not asked any more', async (t) => {
  const model = new ScriptedModel(null);
  const { say, until, compaction, calls, faults, row } = await start(t, model);
  await say(5);
  await say(5, 'coding');
  await until(() => model.asked.length === 1);
  const before = calls();
  await compaction.close();
  assert.equal(model.asked[0]?.signal.aborted, true);
  model.asked[0]?.answer('Too late.');
  await say(10);
  await turn();
  assert.deepEqual([calls(), faults, row(), row('coding')], [before, [], undefined, undefined]);
});

test('closing waits for no pause', async (t) => {
  const { say, until, done, compaction } = await start(t);
  await say(10, 'default', (at) => `Subject${at} matters. `.repeat(1000));
  await until(() => done.length === 1);
  assert.equal(done[0]?.more, true);
  await compaction.close();
  assert.equal(done.length, 1);
});
