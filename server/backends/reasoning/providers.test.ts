/** Both SDKs against a mock of both makers' servers: the port's contract, what they send, and tools. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type ChatCompletionRequest, LLMock } from '@copilotkit/aimock';
import { listen, reasoningContract } from './contract.js';
import { asking, openReasoning } from './opened-for-tests.js';
import type { ToolDefinition } from './port.js';
import type { ProviderKind, ReasoningSettings } from './settings.js';
import { askedFrom } from './settings-for-tests.js';

const KINDS: readonly ProviderKind[] = ['openai-compatible', 'anthropic'];
const LONG = 'some words to say '.repeat(1000);

const lastWords = ({ messages }: ChatCompletionRequest): string => {
  const content = messages.findLast(({ role }) => role === 'user')?.content;
  return typeof content === 'string' ? content : (content ?? []).map(({ text }) => text ?? '').join('');
};

const mock = async (t: TestContext, prepare: (server: LLMock) => void): Promise<LLMock> => {
  const server = new LLMock({ port: 0, logLevel: 'silent' });
  prepare(server);
  await server.start();
  t.after(() => server.stop());
  return server;
};

/** It says what it has heard. */
const parrot = (server: LLMock): void => {
  server.onMessage(/.*/s, (request) => ({ content: lastWords(request) }), { chunkSize: 16 });
};

const settingsFor = (
  kind: ProviderKind,
  server: LLMock,
  change: Partial<ReasoningSettings> = {},
): ReasoningSettings => askedFrom([{ kind, baseUrl: `${server.url}/v1` }], change);

// The contract opens at once, so its server is there before.
const shared = new LLMock({ port: 0, logLevel: 'silent' });
parrot(shared);
await shared.start();
test.after(() => shared.stop());

for (const kind of KINDS) {
  reasoningContract(kind, (t) => openReasoning(t, settingsFor(kind, shared)).reasoning, LONG);

  test(`${kind}: the reply is what the provider says, counted as it counts`, async (t) => {
    const server = await mock(t, (one) => {
      const usage = { prompt_tokens: 21, completion_tokens: 4, input_tokens: 21, output_tokens: 4 };
      one.onMessage('hello', { content: 'Grüß dich 👩‍👩‍👧!', usage }, { chunkSize: 1 });
    });
    const { reasoning, news } = openReasoning(t, settingsFor(kind, server));
    const heard = listen(reasoning, asking('hello'));
    assert.deepEqual(await heard.ended, {
      finishReason: 'stop',
      toolCalls: [],
      usage: { input: 21, output: 4 },
      error: null,
    });
    assert.equal(heard.chunks.join(''), 'Grüß dich 👩‍👩‍👧!');
    assert.deepEqual(news, []);
  });

  test(`${kind}: it is told the prompt, what was said and the limits`, async (t) => {
    const server = await mock(t, parrot);
    const { reasoning } = openReasoning(
      t,
      settingsFor(kind, server, { systemPrompt: 'Be brief.', temperature: 0.5, maxOutputTokens: 99 }),
    );
    const request = asking('and now?', {
      recalled: [
        { role: 'assistant', content: 'four' },
        { role: 'user', content: 'three' },
        { role: 'user', content: 'two' },
        { role: 'summary', content: 'one' },
      ],
    });
    await listen(reasoning, request).ended;
    const { body, path } = server.getLastRequest() as never as {
      body: ChatCompletionRequest;
      path: string;
    };
    assert.equal(path, kind === 'anthropic' ? '/v1/messages' : '/v1/chat/completions');
    assert.deepEqual([body.model, body.temperature, body.max_tokens], ['model-0', 0.5, 99]);
    assert.deepEqual(
      body.messages.map(({ role, content }) => [
        role,
        typeof content === 'string' ? content : lastWords(body),
      ]),
      [
        ['system', 'Be brief.'],
        ['user', '[Summary of what was said in this conversation before]\none\n\ntwo\n\nthree'],
        ['assistant', 'four'],
        ['user', 'and now?'],
      ],
    );
  });

  test(`${kind}: several calls of tools at once are put together, and their results go back`, async (t) => {
    const tools: ToolDefinition[] = ['weather', 'time'].map((name) => ({
      name,
      description: `tells the ${name}`,
      parameters: { type: 'object', properties: { city: { type: 'string' } } },
    }));
    const server = await mock(t, (one) => {
      one.on({ userMessage: 'look', hasToolResult: true }, { content: 'It rains at noon.' });
      one.onMessage(
        'look',
        {
          content: 'I will look.',
          toolCalls: [
            { id: 'call_a', name: 'weather', arguments: '{"city":"Köln 🌧","days":[1,2,3]}' },
            { id: 'call_b', name: 'time', arguments: '{"city":"Köln"}' },
          ],
        },
        { chunkSize: 3 },
      );
    });
    const { reasoning } = openReasoning(t, settingsFor(kind, server));
    const first = listen(reasoning, asking('look', { tools }));
    const { finishReason, toolCalls } = await first.ended;
    assert.equal(first.chunks.join(''), 'I will look.');
    assert.equal(finishReason, 'tools');
    assert.deepEqual(
      toolCalls.map(({ id, name, argumentsJson }) => [id, name, JSON.parse(argumentsJson)]),
      [
        ['call_a', 'weather', { city: 'Köln 🌧', days: [1, 2, 3] }],
        ['call_b', 'time', { city: 'Köln' }],
      ],
    );
    const outcomes = toolCalls.map((call, at) => ({
      call,
      ok: at === 0,
      content: at === 0 ? 'rain' : 'no clock',
    }));
    const second = listen(reasoning, asking('look', { steps: [{ text: 'I will look.', outcomes }] }));
    assert.equal((await second.ended).finishReason, 'stop');
    assert.equal(second.chunks.join(''), 'It rains at noon.');
    const { body } = server.getLastRequest() as never as { body: ChatCompletionRequest };
    const results = body.messages.filter(({ role }) => role === 'tool');
    assert.deepEqual(
      results.map(({ tool_call_id }) => tool_call_id),
      ['call_a', 'call_b'],
    );
    assert.match(JSON.stringify(results), /rain.*no clock/);
    const asked = body.messages.find(({ role }) => role === 'assistant');
    assert.deepEqual(
      asked?.tool_calls?.map(({ id }) => id),
      ['call_a', 'call_b'],
    );
  });

  test(`${kind}: a summary goes on from the one before, and nobody waits for it for ever`, async (t) => {
    const server = await mock(t, (one) => {
      one.onMessage('hang', { content: 'never' }, { latency: 30_000 });
      parrot(one);
    });
    const { summarizer } = openReasoning(t, settingsFor(kind, server)).reasoning;
    assert.ok(summarizer !== null);
    const messages = [
      { role: 'user' as const, content: 'my name is Ada' },
      { role: 'assistant' as const, content: 'hello Ada' },
    ];
    const text = await summarizer.summarize(
      { previous: 'they met', messages, maxTokens: 100 },
      new AbortController().signal,
    );
    for (const part of [/they met/, /user: my name is Ada/, /assistant: hello Ada/, /at most 60 words/]) {
      assert.match(text, part);
    }
    const abort = new AbortController();
    const hanging = summarizer.summarize(
      { previous: null, messages: [{ role: 'user', content: 'hang' }], maxTokens: 100 },
      abort.signal,
    );
    abort.abort();
    await assert.rejects(hanging, /nobody waits/);
  });
}

test('anthropic: an argument whose name it refuses is called otherwise there, and comes back as the tool knows it', async (t) => {
  const parameters = { type: 'object', properties: { 'filter[id]': { type: 'string' } } };
  const server = await mock(t, (one) => {
    one.onMessage('look', ({ tools = [] }) => {
      const schema = (tools[0]?.function.parameters ?? {}) as { properties?: Record<string, unknown> };
      const [name = ''] = Object.keys(schema.properties ?? {});
      assert.match(name, /^filter_id__[0-9a-f]{8}$/);
      return { toolCalls: [{ name: 'list', arguments: JSON.stringify({ [name]: 'a' }) }] };
    });
  });
  const { reasoning } = openReasoning(t, settingsFor('anthropic', server));
  const tools = [{ name: 'list', description: 'lists', parameters }];
  const { toolCalls } = await listen(reasoning, asking('look', { tools })).ended;
  assert.deepEqual(
    toolCalls.map(({ argumentsJson }) => JSON.parse(argumentsJson)),
    [{ 'filter[id]': 'a' }],
  );
});

test('without providers there is no summarizer; after a reload there may be one, and another engine', async (t) => {
  const server = await mock(t, parrot);
  const { reasoning } = openReasoning(t, { ...settingsFor('anthropic', server), providers: [] });
  assert.equal(reasoning.summarizer, null);
  const first = listen(reasoning, asking('hello'));
  await first.ended;
  assert.match(first.chunks.join(''), /^This is the embedded engine/);
  reasoning.configure(settingsFor('openai-compatible', server));
  const second = listen(reasoning, asking('hello'));
  await second.ended;
  assert.equal(second.chunks.join(''), 'hello');
  assert.ok(reasoning.summarizer !== null);
});
