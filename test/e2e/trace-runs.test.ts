/** The live trace of what a reply does inside: recall, models, skills, the end. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { ChatCompletionRequest } from '@copilotkit/aimock';
import { type TraceEvent, traceLine } from '../../cli/trace-line.js';
import type { Client, Json } from '../helpers/client.js';
import { type GatewayUnderTest, startTestGateway } from '../helpers/gateway.js';
import { mockModels, modelConfig, table } from '../helpers/models.js';
import { req } from './requirements.js';

const SKILLS = '[skills]\nbuilt_in = ["*"]\n';
/** Stands for what nobody but those who talk may read. */
const CANARY = 'Canary';
const INSIDE = ['RECALL', 'ASK', 'FAIL', 'MODEL', 'CALL', 'SKILL', 'DONE'];

const toolResults = ({ messages }: ChatCompletionRequest): unknown[] =>
  messages.filter(({ role }) => role === 'tool');

/** A model that asks for two skills, one of which there is not, and then answers. */
const start = async (t: TestContext, { fallback = false } = {}) => {
  const models = await mockModels(t, (server) => {
    const usage = { prompt_tokens: 10, completion_tokens: 2, input_tokens: 10, output_tokens: 2 };
    server.onMessage(/wait/, () => new Promise(() => {}));
    server.on({ model: 'broken' }, { error: { message: `${CANARY} no` }, status: 503 });
    server.onMessage(/.*/, (request) =>
      toolResults(request).length > 0
        ? { content: `${CANARY} answer ${'x'.repeat(2000)}`, usage }
        : {
            content: `${CANARY} thought`,
            toolCalls: [
              {
                name: 'memory__search',
                arguments: JSON.stringify({ query: `${CANARY} whale sk-${CANARY}Secret0123456789` }),
              },
              { name: 'no__such', arguments: `{"to\\u006ben":"${CANARY}Secret"}` },
            ],
            usage,
          },
    );
  });
  const provider = { provider: 'openai-compatible', model: 'tracer', base_url: `${models.url}/v1` };
  const refusing = { ...provider, model: 'broken' };
  const config = fallback
    ? modelConfig(refusing, `${table('fallback.first', provider)}${SKILLS}`)
    : modelConfig(provider, SKILLS);
  return startTestGateway(t, { config });
};

const watch = async (under: GatewayUnderTest, wishes: object = {}): Promise<Client> => {
  const watcher = await under.login({ client_id: 'watcher' });
  await watcher.call('channel.unsubscribe', { channel_id: 'default' });
  await watcher.call('system.trace', { enabled: true, ...wishes });
  return watcher;
};

const until = async (watcher: Client, wanted: (event: Json) => boolean): Promise<TraceEvent[]> => {
  await watcher.frame(
    ({ method, params }) => method === 'system.trace' && params.events.some(wanted),
    'the event',
  );
  return watcher.notifications('system.trace').flatMap(({ events }) => events);
};
const isComplete = ({ method }: Json): boolean => method === 'chat.complete';
const isDone = ({ kind }: Json): boolean => kind === 'DONE';
const inside = (events: readonly TraceEvent[]): readonly TraceEvent[] =>
  events.filter(({ kind }) => INSIDE.includes(kind));

const say = async (client: Client, message: string): Promise<Json> => {
  client.send({ jsonrpc: '2.0', method: 'chat.send', params: { message }, id: 'msg-001' });
  return (await client.frame(isComplete)).params;
};

test(`${req('P4-trace', 'P4-skill-events')} the whole way of a reply is seen in its order, and no word of it`, async (t) => {
  const under = await start(t);
  const client = await under.login({ client_id: 'web' });
  await client.complete((await client.call('chat.send', { message: `${CANARY} before` })).message_id);
  client.frames.length = 0;
  const watcher = await watch(under);
  const complete = await say(client, `${CANARY} what of whales?`);
  const events = (await until(watcher, isComplete)).filter(({ msg_id }) => msg_id === 'msg-001');
  for (const event of events) assert.deepEqual([event.client_id, event.channel], ['web', 'default']);
  // Skills run side by side, and frames go when their turn comes: each kind of line is in its own order.
  const told = inside(events);
  for (const { message_id } of told) assert.equal(message_id, complete.message_id);
  const model = { provider: 'openai-compatible', model: 'tracer' };
  assert.deepEqual(
    told.map(({ kind, method, step, skill, outcome, finish_reason }) =>
      [kind, method, step, skill, outcome, finish_reason].filter((word) => word !== undefined).join(' '),
    ),
    [
      'RECALL memory.recall ok',
      'ASK chat.send 1',
      'MODEL chat.send 1 tools',
      'CALL skill.invoke 1 memory.search',
      'SKILL skill.invoke 1 no__such refused',
      'SKILL skill.invoke 1 memory.search ok',
      'ASK chat.send 2',
      'MODEL chat.send 2 stop',
      'DONE chat.send stop',
    ],
  );
  const [recalled, asked, first, , refused, used, , second, done] = told;
  assert.deepEqual([recalled?.messages, recalled?.summaries], [2, 0]);
  assert.deepEqual([asked?.provider, asked?.model, asked?.attempt], [model.provider, model.model, 1]);
  assert.ok((asked?.tools ?? 0) >= 5);
  for (const step of [first, second]) {
    assert.deepEqual([step?.provider, step?.model], [model.provider, model.model]);
    assert.deepEqual([step?.input_tokens, step?.output_tokens], [10, 2]);
    assert.ok((step?.first_token_ms ?? -1) >= 0 && (step?.duration_ms ?? -1) >= (step?.first_token_ms ?? 0));
  }
  assert.deepEqual([first?.calls, second?.calls], [2, 0]);
  assert.equal(refused?.error, 5021);
  assert.ok((used?.size_bytes ?? 0) > 0 && (used?.duration_ms ?? -1) >= 0);
  assert.deepEqual(
    [done?.steps, done?.tokens, done?.duration_ms],
    [2, complete.total_tokens, complete.duration_ms],
  );
  // Behind the message's coming, before its end is told.
  const kinds = events.map(({ kind, method }) => `${kind} ${method}`);
  assert.deepEqual(kinds.slice(0, 2), ['RECV chat.send', 'ROUTE chat.send']);
  assert.ok(kinds.indexOf('SEND chat.send') < kinds.indexOf('RECALL memory.recall'));
  assert.ok(kinds.indexOf('SEND skill.invoke') > kinds.indexOf('CALL skill.invoke'));
  assert.ok(kinds.indexOf('SEND skill.result') > kinds.lastIndexOf('SKILL skill.invoke'));
  assert.deepEqual(kinds.slice(-2), ['DONE chat.send', 'SEND chat.complete']);
  assert.doesNotMatch(JSON.stringify(events) + events.map(traceLine).join(''), /canary/i);
});

test(`${req('P4-trace')} with verbose it has bodies, masked and cut as those of frames`, async (t) => {
  const under = await start(t);
  const watcher = await watch(under, { verbose: true });
  await say(await under.login({ client_id: 'web' }), 'what of whales?');
  const told = inside(await until(watcher, isComplete));
  for (const { kind, body } of told) {
    assert.equal(body === undefined, ['ASK', 'DONE'].includes(kind), kind);
    assert.ok(Buffer.byteLength(body ?? '') <= 512, kind);
  }
  const bodies = told.map(({ body }) => body ?? '');
  assert.ok(bodies.some((body) => body.includes(`${CANARY} thought`)));
  assert.ok(bodies.some((body) => body.includes(`{"query":"${CANARY} whale sk-***"}`)));
  assert.doesNotMatch(bodies.join(''), /CanarySecret/);
});

test(`${req('P4-trace')} wishes hold for it as for frames`, async (t) => {
  const under = await start(t);
  const [byMethod, errors, byChannel, byClient, ofNobody] = [
    await watch(under, { method: 'skill.*' }),
    await watch(under, { errors: true }),
    await watch(under, { channel: 'default', method: 'memory.recall' }),
    await watch(under, { client_id: 'web', method: 'chat.send' }),
    await watch(under, { channel: 'elsewhere' }),
  ];
  const client = await under.login({ client_id: 'web' });
  await say(client, 'what of whales?');
  const kindsOf = async (watcher: Client, wanted: (event: Json) => boolean): Promise<string[]> =>
    (await until(watcher, wanted)).map(({ kind }) => kind);
  assert.deepEqual(
    (await kindsOf(byMethod, ({ method }) => method === 'skill.result')).filter((kind) => kind !== 'SEND'),
    ['CALL', 'SKILL', 'SKILL'],
  );
  assert.deepEqual(await kindsOf(errors, ({ kind }) => kind === 'SKILL'), ['SKILL']);
  assert.deepEqual(await kindsOf(byChannel, ({ kind }) => kind === 'RECALL'), ['RECALL']);
  assert.deepEqual(
    (await kindsOf(byClient, isDone)).filter((kind) => INSIDE.includes(kind)),
    ['ASK', 'MODEL', 'ASK', 'MODEL', 'DONE'],
  );
  assert.deepEqual(ofNobody.notifications('system.trace'), []);
});

test(`${req('P4-trace')} a provider that fails, and who is asked instead, are seen`, async (t) => {
  const under = await start(t, { fallback: true });
  const watcher = await watch(under, { method: 'chat.send' });
  await say(await under.login({ client_id: 'web' }), 'what of whales?');
  const told = inside(await until(watcher, isDone)).filter(({ step }) => step === 1);
  assert.deepEqual(
    told.map(({ kind, model, attempt }) => [kind, model, attempt]),
    [
      ...[1, 2, 3].flatMap((attempt) => [
        ['ASK', 'broken', attempt],
        ['FAIL', 'broken', attempt],
      ]),
      ['ASK', 'tracer', 1],
      ['MODEL', 'tracer', undefined],
    ],
  );
  const failed = told.filter(({ kind }) => kind === 'FAIL');
  for (const { reason, error } of failed) {
    // A machine that was busy for seconds finds an idle connection closed.
    assert.match(reason ?? '', /^(answered 503|cannot be reached \(ECONNRESET\))$/);
    assert.equal(error, 5020);
  }
  assert.deepEqual(
    failed.map(({ retry_ms }) => retry_ms !== undefined),
    [true, true, false],
  );
});

test(`${req('P4-trace', 'P4-cancel')} a reply that is cancelled shows where it was`, async (t) => {
  const under = await start(t);
  const watcher = await watch(under);
  const client = await under.login({ client_id: 'web' });
  const { message_id } = await client.call('chat.send', { message: 'wait' });
  await until(watcher, ({ kind }) => kind === 'ASK');
  await client.call('chat.cancel', { message_id });
  const told = inside(await until(watcher, isDone));
  assert.deepEqual(
    told.map(({ kind, finish_reason }) => [kind, finish_reason]),
    [
      ['RECALL', undefined],
      ['ASK', undefined],
      ['MODEL', 'cancelled'],
      ['DONE', 'cancelled'],
    ],
  );
  assert.equal(told[2]?.first_token_ms, undefined);
});

test(`${req('P4-trace', 'P4-skill-list')} a skill that is called by itself is seen, too`, async (t) => {
  const under = await start(t);
  const watcher = await watch(under, { method: 'skill.invoke' });
  const client = await under.login({ client_id: 'web' });
  const { invocation_id } = await client.call('skill.call', { skill: 'time.now', arguments: {} });
  const told = inside(await until(watcher, ({ kind }) => kind === 'SKILL'));
  assert.deepEqual(
    told.map(({ kind, message_id, client_id, step }) => [kind, message_id, client_id, step]),
    ['CALL', 'SKILL'].map((kind) => [kind, invocation_id, 'web', undefined]),
  );
});
