/** Several providers, and what changes while calls are under way. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { listen } from './contract.js';
import { MAX_BATCH_EVENTS, MAX_BATCHES_UNDERWAY, type ReasoningBatch, type ToReasoning } from './messages.js';
import { asking, failure, openReasoning } from './opened-for-tests.js';
import type { ReasoningAttempt, ReasoningPort } from './port.js';
import { beginStream, endEvents, rawProvider, refuses, says, wordEvent } from './raw-provider.js';
import { askedFrom } from './settings-for-tests.js';

const OPENAI = 'openai-compatible';

test('where one fails without a word the next is asked, and after five such runs the first is left alone', async (t) => {
  const [first, second] = [
    await rawProvider(t, refuses(500)),
    await rawProvider(t, says('anthropic', 'from the second')),
  ];
  const { reasoning, news } = openReasoning(
    t,
    askedFrom([
      { kind: OPENAI, baseUrl: first.baseUrl },
      { kind: 'anthropic', baseUrl: second.baseUrl },
    ]),
  );
  const runs = [1, 2, 3, 4, 5].map(() => listen(reasoning, asking('hello')));
  for (const run of runs) {
    assert.equal((await run.ended).finishReason, 'stop');
    assert.equal(run.chunks.join(''), 'from the second');
  }
  // Attempts do not open it: five runs of three did.
  assert.deepEqual([first.asked.length, second.asked.length], [15, 5]);
  assert.deepEqual(
    news.map(({ section, state }) => [section, state]),
    [
      ['reasoning', 'failed'],
      ['reasoning', 'down'],
    ],
  );
  assert.match(
    news[1]?.sentence ?? '',
    /^The provider of \[reasoning\] \(openai-compatible at http:\/\/127\.0\.0\.1:\d+\) is down: it answered 500\.$/,
  );
  assert.equal(news[1]?.detail?.includes('swordfish'), true);
  assert.equal((await listen(reasoning, asking('hello')).ended).finishReason, 'stop');
  assert.equal(first.asked.length, 15);
  // What the second one refuses, the first may take when it is asked again.
  second.script = refuses(400);
  assert.deepEqual((await listen(reasoning, asking('hello')).ended).error, failure('anthropic', true));
});

/** Who is asked for one call, and its end behind that. */
const attemptsOf = (reasoning: ReasoningPort): Promise<(ReasoningAttempt | string)[]> =>
  new Promise((resolve) => {
    const heard: (ReasoningAttempt | string)[] = [];
    reasoning.start(asking('hello'), {
      onChunk: (text) => heard.push(text),
      onAttempt: (attempt) => heard.push(attempt),
      onEnd: ({ finishReason }) => resolve([...heard, finishReason]),
    });
  });

test('whoever listens hears who is asked, what came of it and who is passed, in its place', async (t) => {
  const [first, second] = [
    await rawProvider(t, refuses(500)),
    await rawProvider(t, says('anthropic', 'a word')),
  ];
  const { reasoning } = openReasoning(
    t,
    askedFrom([
      { kind: OPENAI, baseUrl: first.baseUrl },
      { kind: 'anthropic', baseUrl: second.baseUrl },
    ]),
  );
  const one = { provider: OPENAI, model: 'model-0' };
  const other = { provider: 'anthropic', model: 'model-1' };
  const asked = { state: 'asked', reason: null, retryMs: null };
  const failed = { ...one, state: 'failed', reason: 'answered 500' };
  const events = await attemptsOf(reasoning);
  const pauses = events.map((event) => (typeof event === 'string' ? null : event.retryMs));
  assert.deepEqual(events, [
    { ...one, ...asked, attempt: 1 },
    { ...failed, attempt: 1, retryMs: pauses[1] },
    { ...one, ...asked, attempt: 2 },
    { ...failed, attempt: 2, retryMs: pauses[3] },
    { ...one, ...asked, attempt: 3 },
    { ...failed, attempt: 3, retryMs: null },
    { ...other, ...asked, attempt: 1 },
    'a word',
    'stop',
  ]);
  assert.ok((pauses[1] ?? 0) > 0 && (pauses[3] ?? 0) > 0);
  await Promise.all([1, 2, 3, 4].map(() => listen(reasoning, asking('hello')).ended));
  const passed = { ...one, state: 'passed', attempt: 0, retryMs: null };
  assert.deepEqual(await attemptsOf(reasoning), [
    { ...passed, reason: 'is not asked for a while, it has failed too often' },
    { ...other, ...asked, attempt: 1 },
    'a word',
    'stop',
  ]);
});

test('a word said, nobody else is asked', async (t) => {
  const first = await rawProvider(t, (response) => {
    beginStream(response).write(wordEvent(OPENAI, 'word'), () => response.destroy());
  });
  const second = await rawProvider(t, says(OPENAI, 'other words'));
  const { reasoning } = openReasoning(
    t,
    askedFrom([
      { kind: OPENAI, baseUrl: first.baseUrl },
      { kind: OPENAI, baseUrl: second.baseUrl },
    ]),
  );
  const heard = listen(reasoning, asking('hello'));
  assert.deepEqual((await heard.ended).error, failure(OPENAI, true));
  assert.deepEqual([heard.chunks, second.asked.length], [['word'], 0]);
});

test('a wrong key is told once, and that it works again once, and a provider that is replaced is down no longer', async (t) => {
  const server = await rawProvider(t, refuses(401));
  const provider = { kind: OPENAI, baseUrl: server.baseUrl } as const;
  const { reasoning, news } = openReasoning(t, askedFrom([provider]));
  const run = async (): Promise<string> => (await listen(reasoning, asking('hello')).ended).finishReason;
  const states = (): string[] => news.map(({ state }) => state);
  assert.deepEqual([await run(), await run()], ['error', 'error']);
  assert.deepEqual(states(), ['down']);
  server.script = says(OPENAI, 'yes');
  assert.deepEqual([await run(), await run()], ['stop', 'stop']);
  assert.deepEqual(states(), ['down', 'works']);
  assert.match(news[1]?.sentence ?? '', / works again\.$/);
  server.script = refuses(403);
  await run();
  reasoning.configure(askedFrom([{ ...provider, apiKey: 'sk-another-key' }]));
  server.script = says(OPENAI, 'yes');
  await run();
  assert.deepEqual(states(), ['down', 'works', 'down', 'replaced']);
  assert.ok(!JSON.stringify(news).includes('sk-'));
});

test('configured anew, calls under way end on what they began with', async (t) => {
  let finish = (): void => {};
  const before = await rawProvider(t, (response) => {
    beginStream(response).write(wordEvent(OPENAI, 'old '));
    finish = () => void response.end(wordEvent(OPENAI, 'words') + endEvents(OPENAI));
  });
  const after = await rawProvider(t, says('anthropic', 'new words'));
  const { reasoning } = openReasoning(t, askedFrom([{ kind: OPENAI, baseUrl: before.baseUrl }]));
  const old = listen(reasoning, asking('hello'));
  await old.begun;
  reasoning.configure(
    askedFrom([{ kind: 'anthropic', baseUrl: after.baseUrl }], { systemPrompt: 'Be new.' }),
  );
  const fresh = listen(reasoning, asking('hello'));
  await fresh.ended;
  assert.deepEqual([fresh.chunks, after.asked[0]?.body.system], [['new words'], 'Be new.']);
  finish();
  assert.equal((await old.ended).finishReason, 'stop');
  assert.equal(old.chunks.join(''), 'old words');
  assert.equal(before.asked.length, 1);
});

test('a provider is not read faster than the gateway takes: a few batches are under way and no more', async (t) => {
  const words = Array.from({ length: 3 * MAX_BATCHES_UNDERWAY * MAX_BATCH_EVENTS }, (_, at) => `${at} `);
  const server = await rawProvider(t, says(OPENAI, ...words));
  const settings = askedFrom([{ kind: OPENAI, baseUrl: server.baseUrl }]);
  const worker = new Worker(new URL('./worker.js', import.meta.url), { workerData: settings, env: {} });
  t.after(() => worker.terminate());
  const post = (message: ToReasoning): void => worker.postMessage([message]);
  let text = '';
  let isOver = false;
  let batches = 0;
  let taken = 0;
  worker.on('message', (batch: ReasoningBatch) => {
    batches += 1;
    assert.ok(batch.events.length <= MAX_BATCH_EVENTS && batches - taken <= MAX_BATCHES_UNDERWAY);
    for (const event of batch.events) {
      if (typeof event === 'string') text += event;
      else isOver = true;
    }
  });
  post({ kind: 'start', callId: 1, watched: false, request: asking('go on') });
  while (batches < MAX_BATCHES_UNDERWAY) await once(worker, 'message');
  assert.ok(!isOver);
  while (!isOver) {
    taken += 1;
    post({ kind: 'taken', batches: 1 });
    if (batches - taken < MAX_BATCHES_UNDERWAY && !isOver) await once(worker, 'message');
  }
  assert.equal(text, words.join(''));
});

test('no SDK is loaded by what the thread loads without providers', () => {
  const seen = new Set<string>();
  const packages = new Set<string>();
  const walk = (file: string): void => {
    if (seen.has(file)) return;
    seen.add(file);
    // Only what is loaded at once: `import(…)` is not.
    for (const [, name = ''] of readFileSync(file, 'utf8').matchAll(
      /^(?:import|export)\s[^;]*?from '([^']+)'|^import '/gm,
    )) {
      if (name.startsWith('.')) walk(join(dirname(file), name));
      else packages.add(name);
    }
  };
  walk(join(import.meta.dirname, 'worker.js'));
  assert.ok(seen.size > 3);
  assert.deepEqual([...packages], ['node:worker_threads']);
});
