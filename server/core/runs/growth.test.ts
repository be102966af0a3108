import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { createMetrics } from '../../../metrics/metrics.js';
import type { MemoryPort } from '../../backends/memory/port.js';
import { openSqliteMemory } from '../../backends/memory/sqlite.js';
import { DEFAULT_CHANNEL_ID } from '../channels/channel.js';
import { Principal } from '../channels/principal.js';
import { Pump } from '../streams/pump.js';
import { TimerWheel } from '../time/timer-wheel.js';
import { RunTrace } from '../trace/run-trace.js';
import { Trace } from '../trace/trace.js';
import type { Agent, AgentSink } from './agent.js';
import { Retention } from './retention.js';
import { Run } from './run.js';
import { Runs } from './runs.js';

const FOREVER = Number.MAX_SAFE_INTEGER;
const NOTHING = { input: 0, output: 0 };

/** Runs over a store on disk that takes nothing of a reply while it `refuses`; whatever answers is the test. */
const open = async (t: TestContext) => {
  const dir = mkdtempSync(join(tmpdir(), 'openclaw-test-'));
  const memory = await openSqliteMemory({ path: join(dir, 'openclaw.db') });
  t.after(async () => {
    await memory.close();
    rmSync(dir, { recursive: true });
  });
  const channels = await memory.openPrincipal('ada');
  const principal = new Principal('ada', channels, () => {});
  const under = { refuses: false, nowMs: 0 };
  const refused = (): Promise<never> => Promise.reject(new Error('refused'));
  const grudging: MemoryPort = {
    ...memory,
    recall: async () => [],
    appendReply: (...args) => (under.refuses ? refused() : memory.appendReply(...args)),
    finishReply: (...args) => (under.refuses ? refused() : memory.finishReply(...args)),
  };
  const clock = { nowMs: () => under.nowMs, wallMs: () => under.nowMs };
  const wheel = new TimerWheel(100, 0);
  let begun: (sink: AgentSink) => void = () => {};
  const agent = {
    start: (_run: Run, _recalled: unknown, sink: AgentSink) => {
      begun(sink);
      return { cancel: () => NOTHING };
    },
  };
  const runs = new Runs({
    memory: grudging,
    agent: agent as unknown as Agent,
    clock,
    wheel,
    pump: new Pump(() => {}),
    retention: new Retention({ clock, wheel, windowMs: 1000, maxBytes: FOREVER, onForgotten: () => {} }),
    trace: new RunTrace(new Trace({ clock, later: () => {}, sink: null }), clock),
    limits: { detachedTimeoutMs: FOREVER, recallTokens: 0 },
    places: { maxStreams: 1, maxStreamsPerPrincipal: 1 },
    metrics: createMetrics(),
    onStored: () => {},
    onFault: () => {},
    onEnded: () => {},
    onFailed: () => {},
  });
  let count = 0;
  return {
    memory,
    runs,
    under,
    pass: (ms: number): void => {
      under.nowMs += ms;
      wheel.advance(under.nowMs);
    },
    /** A reply that is under way, and who hears of it. */
    begin: async () => {
      count += 1;
      const messageId = `msg-${count}`;
      const stored = await memory.addMessage({
        principal: 'ada',
        channelId: DEFAULT_CHANNEL_ID,
        messageId,
        clientId: 'terminal',
        content: 'hello',
        metadata: null,
        idempotencyKey: null,
        onlyRepeated: false,
        createdAtMs: 0,
      });
      assert.ok(stored.outcome === 'stored');
      const run = new Run(principal.defaultChannel, messageId, 'hello', stored.seq);
      const started = new Promise<AgentSink>((resolve) => {
        begun = resolve;
      });
      runs.enqueue(run);
      return { run, sink: await started };
    },
    stored: async (messageId: string) => {
      const reply = await memory.findReply('ada', messageId);
      const page = await memory.history('ada', DEFAULT_CHANNEL_ID, {
        before: null,
        limit: 1,
        maxBytes: FOREVER,
      });
      return { text: reply?.text, finishReason: reply?.finishReason, skills: page?.messages[0]?.skills };
    },
  };
};

const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('say' as const), text: fc.string({ minLength: 1 }) }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.integer({ min: 400, max: 2000 }) }),
  },
  { weight: 1, arbitrary: fc.constant({ do: 'skill' as const }) },
  { weight: 1, arbitrary: fc.constant({ do: 'result' as const }) },
  { weight: 1, arbitrary: fc.constant({ do: 'refuse' as const }) },
  { weight: 1, arbitrary: fc.constant({ do: 'accept' as const }) },
  { weight: 2, arbitrary: fc.constant({ do: 'settle' as const }) },
);

test('whatever the store takes and refuses meanwhile, a reply and its skills are stored once and whole', async (t) => {
  const { runs, under, pass, begin, stored } = await open(t);
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 60, size: 'max' }),
      fc.constantFrom('stop' as const, 'cancelled' as const),
      async (steps, finishReason) => {
        const { run, sink } = await begin();
        let said = '';
        let begunSkills = 0;
        let endedSkills = 0;
        const endSkill = (): void => {
          endedSkills += 1;
          run.skillUses.end(`inv-${endedSkills}`, true, 'done');
          sink.onSkills(run);
        };
        for (const one of steps) {
          if (one.do === 'say') {
            said += one.text;
            sink.onChunk(run, one.text);
          } else if (one.do === 'pass') pass(one.ms);
          else if (one.do === 'skill') {
            begunSkills += 1;
            run.skillUses.begin({ invocationId: `inv-${begunSkills}`, skill: 'time.now', arguments: {} });
            sink.onSkills(run);
          } else if (one.do === 'result' && endedSkills < begunSkills) endSkill();
          else if (one.do === 'refuse') under.refuses = true;
          else if (one.do === 'accept') under.refuses = false;
          else if (one.do === 'settle') await run.storing;
        }
        while (endedSkills < begunSkills) endSkill();
        if (finishReason === 'stop') sink.onEnd(run, { finishReason, usage: NOTHING, error: null });
        else runs.cancel(run);
        await runs.idle();
        under.refuses = false;
        await runs.storeLate();
        const { text, skills = [], ...end } = await stored(run.messageId);
        assert.equal(text, said);
        assert.equal(end.finishReason, finishReason);
        assert.deepEqual(
          skills.map(({ invocation_id, ok }) => [invocation_id, ok]),
          Array.from({ length: begunSkills }, (_, at) => [`inv-${at + 1}`, true]),
        );
      },
    ),
  );
});
