import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { listen, reasoningContract } from './contract.js';
import { composeAnswer } from './embedded.js';
import { MAX_BATCH_EVENTS, MAX_BATCHES_UNDERWAY, type ReasoningBatch, type ToReasoning } from './messages.js';
import { embeddedAt } from './settings-for-tests.js';
import { openThreadedReasoning, type ThreadedReasoning } from './threaded.js';

const FAILURE = { code: 5020, message: 'Reasoning failed', data: { provider: 'embedded', retryable: true } };
const failure = (provider: string, retryable: boolean) => ({ ...FAILURE, data: { provider, retryable } });
const LONG = 'some words to say '.repeat(200);

const open = (t: TestContext, chunkDelayMs: number): ThreadedReasoning => {
  const reasoning = openThreadedReasoning({
    settings: embeddedAt(chunkDelayMs),
    failure,
    onFailure: (error) => assert.fail(error),
    onNews: ({ sentence }) => assert.fail(sentence),
  });
  t.after(() => reasoning.close());
  return reasoning;
};

reasoningContract('embedded at full speed', (t) => open(t, 0), LONG);
reasoningContract('embedded, paced', (t) => open(t, 1), 'some words to say '.repeat(40));

test('the answer is the embedded engine’s, word by word', async (t) => {
  const request = {
    message: 'and now?',
    recalled: [{ role: 'user' as const, content: 'an older message' }],
    tools: [],
    steps: [],
  };
  const heard = listen(open(t, 0), request);
  const { usage } = await heard.ended;
  assert.equal(heard.chunks.join(''), composeAnswer(request));
  assert.ok(heard.chunks.length > 20);
  assert.equal(usage.estimated, true);
});

test('it has no model that could write a summary', (t) => {
  assert.equal(open(t, 0).summarizer, null);
});

test('the pace can be changed while an answer is under way', async (t) => {
  const hourMs = 3_600_000;
  const reasoning = open(t, hourMs);
  const heard = listen(reasoning, { message: LONG, recalled: [], tools: [], steps: [] });
  await heard.begun;
  reasoning.configure(embeddedAt(0));
  assert.equal((await heard.ended).finishReason, 'stop');
});

test('an answer begins at once, however long another one waits for its next word', async (t) => {
  const reasoning = open(t, 3_600_000);
  for (const message of ['first', 'second'])
    await listen(reasoning, { message, recalled: [], tools: [], steps: [] }).begun;
});

test('the thread waits for room: it is never more than a few batches ahead', async (t) => {
  const worker = new Worker(new URL('./worker.js', import.meta.url), { workerData: embeddedAt(0) });
  t.after(() => worker.terminate());
  const batches: ReasoningBatch[] = [];
  worker.on('message', (batch: ReasoningBatch) => batches.push(batch));
  const post = (message: ToReasoning): void => worker.postMessage([message]);
  post({
    kind: 'start',
    callId: 1,
    watched: false,
    request: { message: 'word '.repeat(20_000), recalled: [], tools: [], steps: [] },
  });
  while (batches.length < MAX_BATCHES_UNDERWAY) await once(worker, 'message');
  for (const batch of batches) assert.ok(batch.events.length <= MAX_BATCH_EVENTS);
  // Had it gone on without room, more of the first call would be on its way.
  post({ kind: 'cancel', callId: 1 });
  post({
    kind: 'start',
    callId: 2,
    watched: false,
    request: { message: 'short', recalled: [], tools: [], steps: [] },
  });
  post({ kind: 'taken', batches: 1 });
  const [next] = (await once(worker, 'message')) as [ReasoningBatch];
  assert.deepEqual(new Set(next.callIds), new Set([2]));
});

test('a thread that dies ends its calls with the failure, and the next call starts another', async (t) => {
  const failures: Error[] = [];
  const reasoning = openThreadedReasoning({
    settings: embeddedAt(0),
    failure,
    onFailure: (error) => failures.push(error),
    onNews: ({ sentence }) => assert.fail(sentence),
  });
  t.after(() => reasoning.close());
  // A message that cannot be composed: the thread throws.
  const broken = { message: 'x', recalled: null } as unknown as {
    message: string;
    recalled: [];
    tools: [];
    steps: [];
  };
  const heard = listen(reasoning, broken);
  const end = await heard.ended;
  assert.equal(end.finishReason, 'error');
  assert.deepEqual(end.error, FAILURE);
  assert.equal(failures.length, 1);
  const next = listen(reasoning, { message: 'hello', recalled: [], tools: [], steps: [] });
  assert.equal((await next.ended).finishReason, 'stop');
  assert.equal(heard.ends.length, 1);
});
