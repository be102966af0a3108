/** Models that ask for skills: a whole gateway, a real socket, a mock of both makers' servers, real skills. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { ChatCompletionRequest } from '@copilotkit/aimock';
import Sqlite from 'better-sqlite3';
import type { Client, Json } from '../helpers/client.js';
import { startTestGateway, temporaryFolder } from '../helpers/gateway.js';
import { startGatewayProcess } from '../helpers/gateway-process.js';
import { lastWords, mockModels, modelConfig } from '../helpers/models.js';
import { until } from '../helpers/system.js';
import { req } from './requirements.js';

/** This file runs from `dist/test/e2e`. */
const HOSTILE = join(import.meta.dirname, '../../server/backends/skills/hostile-server.js');
const HOSTILE_SKILLS = `[skills.mcp.hostile]\ncommand = ${JSON.stringify(process.execPath)}\nargs = ${JSON.stringify([HOSTILE, 'good'])}\n`;
const BUILT_IN = '[skills]\nbuilt_in = ["*"]\n';

interface Ask {
  readonly name: string;
  readonly arguments: string;
}

interface Step {
  readonly say: string;
  readonly ask?: readonly Ask[];
  /** Says nothing and refuses. */
  readonly refuses?: boolean;
}

const textOf = (content: unknown): string =>
  typeof content === 'string' ? content : JSON.stringify(content);
/** What the model has been told of its calls since the user's message, oldest first. */
const told = ({ messages }: ChatCompletionRequest): string[] =>
  messages.filter(({ role }) => role === 'tool').map(({ content }) => textOf(content));
const offered = ({ tools }: ChatCompletionRequest): string[] =>
  (tools ?? []).map(({ function: { name } }) => name);

/** A model that says and asks what `step` gives for each request; the requests it got. */
const start = async (
  t: TestContext,
  step: (request: ChatCompletionRequest) => Step | Promise<Step>,
  { provider = 'openai-compatible', base = '/v1', reasoning = {}, skills = BUILT_IN } = {},
) => {
  const requests: ChatCompletionRequest[] = [];
  const models = await mockModels(t, (server) => {
    server.onMessage(/.*/, async (request) => {
      requests.push(request);
      const { say, ask = [], refuses = false } = await step(request);
      if (refuses) return { error: { message: 'no' }, status: 400 };
      const usage = { prompt_tokens: 10, completion_tokens: 2, input_tokens: 10, output_tokens: 2 };
      return ask.length === 0 ? { content: say, usage } : { content: say, toolCalls: [...ask], usage };
    });
  });
  const config = modelConfig({ provider, base_url: models.url + base, ...reasoning }, skills);
  const under = await startTestGateway(t, { config });
  return { requests, under, client: await under.login() };
};

const say = async (client: Client, message: string) => {
  const { message_id } = await client.call('chat.send', { message });
  return { message_id, complete: await client.complete(message_id) };
};

/** Skills of a server take a moment to be there. */
const untilReady = async (client: Client, skill: string): Promise<void> => {
  await until(async () => {
    const { skills } = await client.call('skill.list');
    return skills.some(({ name, state }: Json) => name === skill && state === 'ready');
  }, `the skill ${skill}`);
};

for (const [provider, base] of [
  ['openai-compatible', '/v1'],
  ['anthropic', ''],
] as const) {
  test(`${req('P4-skill-events')} ${provider}: what the model asks for is run side by side, shown, told to it, and kept with the reply`, async (t) => {
    const { requests, client } = await start(
      t,
      (request) =>
        told(request).length === 0
          ? {
              say: 'Let me look.',
              ask: [
                { name: 'time__now', arguments: '{"zone":"UTC"}' },
                { name: 'memory__search', arguments: '{"query":"whale"}' },
              ],
            }
          : { say: `It says: ${told(request).length}.` },
      { provider, base },
    );
    await say(client, 'Nothing about it');
    const seen: string[] = [];
    client.socket.on('message', (data) => {
      const { method } = JSON.parse(String(data)) as Json;
      if (/^(?:chat|skill)\./.test(method ?? '') && seen.at(-1) !== method) seen.push(method);
    });
    const { message_id, complete } = await say(client, 'What do you know of whales?');
    assert.equal(client.streamed(message_id), 'Let me look.\n\nIt says: 2.');
    assert.deepEqual(
      [complete.finish_reason, complete.usage],
      ['stop', { input: 20, output: 4 }],
      'the tokens of both steps',
    );
    assert.deepEqual(
      seen,
      ['chat.stream', 'skill.invoke', 'skill.result', 'chat.stream', 'chat.complete'],
      'both begin before either has ended',
    );
    assert.ok(offered(requests.at(-1) as ChatCompletionRequest).includes('reminder__set'));
    const { messages } = await client.call('chat.history', { limit: 1 });
    const [reply] = messages;
    assert.equal(reply.content, 'Let me look.\n\nIt says: 2.');
    assert.deepEqual(
      reply.skills
        .map(({ skill, ok, arguments: args }: Json) => [skill, ok, args])
        .sort(([a]: [string], [b]: [string]) => (a < b ? -1 : 1)),
      [
        ['memory.search', true, { query: 'whale' }],
        ['time.now', true, { zone: 'UTC' }],
      ],
    );
    assert.match(reply.skills.find(({ skill }: Json) => skill === 'time.now').content, /UTC/);
  });
}

test(`${req('P4-skill-events')} what is asked for wrongly is told to the model, which goes on`, async (t) => {
  const { client } = await start(t, (request) => {
    const results = told(request);
    if (results.length > 0) return { say: results.join(' ') };
    return {
      say: '',
      ask: [
        { name: 'no__such', arguments: '{}' },
        { name: 'time__now', arguments: '{"zone":' },
        { name: 'time__now', arguments: '{"zone":5}' },
      ],
    };
  });
  const { message_id, complete } = await say(client, 'Try');
  assert.equal(complete.finish_reason, 'stop');
  assert.match(
    client.streamed(message_id),
    /There is no skill of that name\..*The arguments are no JSON\..*The argument zone/s,
  );
});

test(`${req('P4-skill-events')} a model that asks for one skill more often than it may run at a time gets all of it`, async (t) => {
  const zones = ['UTC', 'Europe/Berlin', 'Asia/Tokyo', 'America/Lima', 'Africa/Cairo'];
  const { client } = await start(
    t,
    (request) =>
      told(request).length > 0
        ? { say: told(request).join('|') }
        : { say: '', ask: zones.map((zone) => ({ name: 'time__now', arguments: JSON.stringify({ zone }) })) },
    { skills: '[skills]\nbuilt_in = ["*"]\nmax_concurrent = 2\n' },
  );
  const { message_id } = await say(client, 'What time is it?');
  const results = client.streamed(message_id).split('|');
  assert.deepEqual([results.length, results.filter((text) => text.startsWith('Error'))], [5, []]);
  assert.match(results[0] ?? '', /UTC/);
  assert.match(results[2] ?? '', /GMT\+9/, 'in the order in which they were asked for');
});

test(`${req('P4-skill-events')} after as many steps as it may a model has to answer`, async (t) => {
  const { requests, client } = await start(
    t,
    (request) =>
      offered(request).length > 0
        ? { say: 'again', ask: [{ name: 'time__now', arguments: '{}' }] }
        : { say: 'enough' },
    { reasoning: { max_steps: 2 } },
  );
  const { message_id, complete } = await say(client, 'Go on');
  assert.deepEqual(
    requests.map((request) => offered(request).length > 0),
    [true, true, false],
  );
  assert.equal(complete.finish_reason, 'stop');
  assert.equal(client.streamed(message_id), 'again\n\nagain\n\nenough');
});

test(`${req('P4-skill-list')} with reasoning.max_steps = 0 a model is offered none, and neither is what nobody allows`, async (t) => {
  for (const options of [{ reasoning: { max_steps: 0 } }, { skills: '' }]) {
    const { requests, client } = await start(t, () => ({ say: 'fine' }), options);
    await say(client, 'Hello');
    assert.deepEqual(requests.map(offered), [[]]);
  }
});

test(`${req('P4-cancel', 'P4-skill-events')} a cancelled reply ends the skill it waits for at once`, async (t) => {
  const { client } = await start(
    t,
    () => ({ say: 'Wait.', ask: [{ name: 'hostile__wait', arguments: '{"seconds":60}' }] }),
    { skills: HOSTILE_SKILLS },
  );
  await untilReady(client, 'hostile.wait');
  const { message_id } = await client.call('chat.send', { message: 'Use it' });
  await client.frame(({ method }) => method === 'skill.invoke');
  const startMs = performance.now();
  assert.deepEqual(await client.call('chat.cancel', { message_id }), { cancelled: true });
  const complete = await client.complete(message_id);
  assert.equal(complete.finish_reason, 'cancelled');
  assert.deepEqual(
    [complete.total_tokens, complete.usage],
    [12, { input: 10, output: 2 }],
    'the step that had ended was paid for',
  );
  assert.ok(performance.now() - startMs < 5000);
  const result = await client.frame(({ method }) => method === 'skill.result');
  assert.equal(result.params.ok, false);
  const { messages } = await client.call('chat.history', { limit: 1 });
  assert.deepEqual(
    messages[0].skills.map(({ skill, ok }: Json) => [skill, ok]),
    [['hostile.wait', false]],
    'it may have done something',
  );
});

test(`${req('P4-cancel', 'P4-usage')} a reply that is cancelled in its second step counts the first, and what was said since`, async (t) => {
  const { client } = await start(t, (request) =>
    told(request).length === 0
      ? { say: 'Let me look.', ask: [{ name: 'time__now', arguments: '{}' }] }
      : new Promise(() => {}),
  );
  const { message_id } = await client.call('chat.send', { message: 'Time?' });
  await client.frame(({ method }) => method === 'skill.result');
  await client.call('chat.cancel', { message_id });
  const { finish_reason, total_tokens, usage } = await client.complete(message_id);
  assert.deepEqual([finish_reason, usage.estimated], ['cancelled', true]);
  assert.ok(usage.input >= 10 && usage.output >= 2 && total_tokens >= 12);
});

test(`${req('P4-skill-events')} what a model was offered it may use, though a reload takes the steps away meanwhile`, async (t) => {
  const { under, client } = await start(
    t,
    async (request) => {
      if (told(request).length > 0) return { say: `told ${told(request).length}` };
      const text = readFileSync(under.home.configFile, 'utf8');
      writeFileSync(under.home.configFile, text.replace('max_steps = 2', 'max_steps = 0'));
      assert.equal((await under.gateway.reload()).outcome, 'reloaded');
      return { say: '', ask: [{ name: 'time__now', arguments: '{}' }] };
    },
    { reasoning: { max_steps: 2 } },
  );
  const { message_id, complete } = await say(client, 'What time is it?');
  assert.deepEqual([complete.finish_reason, client.streamed(message_id)], ['stop', 'told 1']);
});

test(`${req('P4-skill-events')} a skill that is disallowed, or belongs to somebody else, is not there for a model`, async (t) => {
  const { requests, client } = await start(
    t,
    (request) =>
      told(request).length > 0
        ? { say: told(request).join(' ') }
        : {
            say: '',
            ask: ['time__now', 'time.now', 'reminder__list'].map((name) => ({ name, arguments: '{}' })),
          },
    { skills: '[skills]\nbuilt_in = ["time.now@ada", "reminder.list"]\n' },
  );
  const { message_id } = await say(client, 'Try');
  assert.deepEqual(offered(requests[0] as ChatCompletionRequest), ['reminder__list']);
  assert.equal(
    client.streamed(message_id),
    'Error: There is no skill of that name. Error: There is no skill of that name. There are no reminders.',
  );
});

test(`${req('P4-skill-events')} a provider that fails after skills were used cuts the reply, and what was used is kept`, async (t) => {
  const { client } = await start(t, (request) => {
    if (told(request).length > 0) return { say: '', refuses: true };
    return { say: 'Let me look.', ask: [{ name: 'time__now', arguments: '{}' }] };
  });
  const { message_id, complete } = await say(client, 'What time is it?');
  assert.equal(complete.finish_reason, 'interrupted');
  assert.ok(complete.usage.input >= 10, 'the first step was paid for');
  assert.equal(client.streamed(message_id), 'Let me look.');
  const { messages } = await client.call('chat.history', { limit: 1 });
  assert.deepEqual([messages[0].content, messages[0].skills.length], ['Let me look.', 1]);
});

test(`${req('P4-skill-events')} what came of all calls together is bounded`, async (t) => {
  const warnings: string[] = [];
  const onWarning = ({ message }: Error): void => void warnings.push(message);
  process.on('warning', onWarning);
  t.after(() => process.off('warning', onWarning));
  const { requests, client } = await start(
    t,
    (request) =>
      told(request).length < 32
        ? { say: '', ask: Array.from({ length: 16 }, () => ({ name: 'hostile__large', arguments: '{}' })) }
        : { say: 'done' },
    { skills: `[skills]\nmax_concurrent = 16\n${HOSTILE_SKILLS}` },
  );
  await untilReady(client, 'hostile.large');
  const { complete } = await say(client, 'Use it');
  assert.equal(complete.finish_reason, 'stop');
  const results = told(requests.at(-1) as ChatCompletionRequest);
  assert.equal(results.length, 32);
  assert.ok(Buffer.byteLength(results.join('')) < 1.2 * 1024 * 1024);
  assert.ok(results.some((content) => content.includes('It is left out')));
  assert.deepEqual(
    warnings.filter((message) => message.includes('listeners')),
    [],
  );
});

test(`${req('P4-skill-events')} a skill in the background outlives the reply, and its end is a notification`, async (t) => {
  const { client } = await start(
    t,
    (request) =>
      told(request).length === 0
        ? { say: '', ask: [{ name: 'hostile__late', arguments: '{"background":true}' }] }
        : { say: told(request).join('') },
    { skills: HOSTILE_SKILLS },
  );
  await untilReady(client, 'hostile.late');
  const { message_id } = await say(client, 'Begin it');
  assert.match(client.streamed(message_id), /^It runs in the background/);
  const { params } = await client.frame(
    ({ method, params }) => method === 'heartbeat.ping' && params.notifications.length > 0,
    'the notification',
  );
  const [{ type, msg }] = params.notifications;
  assert.deepEqual([type, msg], ['skill', 'hostile.late has ended: too late']);
});

test(`${req('P4-skill-events')} a planned end waits for a reply and its skills; one that does not wait tells what had begun`, async (t) => {
  const step = (request: ChatCompletionRequest): Step =>
    told(request).length > 0
      ? { say: told(request).join('') }
      : {
          say: '',
          ask: [{ name: `hostile__${lastWords(request)}`, arguments: '{}' }],
        };
  const { under, client } = await start(t, step, { skills: HOSTILE_SKILLS });
  await untilReady(client, 'hostile.wait');
  const late = await client.call('chat.send', { message: 'late' });
  await client.frame(({ method }) => method === 'skill.invoke');
  const closing = under.gateway.close();
  assert.equal((await client.complete(late.message_id)).finish_reason, 'stop');
  assert.equal(client.streamed(late.message_id), 'too late');
  await closing;

  const second = await under.restart();
  const again = await second.login();
  await untilReady(again, 'hostile.wait');
  const { message_id } = await again.call('chat.send', { message: 'wait' });
  await again.frame(({ method }) => method === 'skill.invoke');
  void second.gateway.close();
  const ended = second.gateway.close();
  assert.equal((await again.complete(message_id)).finish_reason, 'interrupted');
  await ended;
  const last = await (await second.restart()).login();
  await last.call('chat.resume', { message_id, after_index: -1 });
  assert.deepEqual((await last.complete(message_id)).usage, { input: 10, output: 2 }, 'as it is stored');
  const { messages } = await last.call('chat.history', { limit: 1 });
  assert.deepEqual(
    messages[0].skills.map(({ skill, ok }: Json) => [skill, ok]),
    [['hostile.wait', false]],
  );
});

test(`${req('P5-detached-timeout', 'P4-skill-events')} nobody follows, and the reply waits for a skill: it is cancelled after detached_timeout, and the skill with it`, async (t) => {
  const { under, client } = await start(
    t,
    () => ({ say: 'Wait.', ask: [{ name: 'hostile__wait', arguments: '{"seconds":60}' }] }),
    { skills: `[chat]\ndetached_timeout = 1\n${HOSTILE_SKILLS}` },
  );
  await untilReady(client, 'hostile.wait');
  const watcher = await under.login();
  await watcher.call('channel.unsubscribe', { channel_id: 'default' });
  const ends =
    (kind: string) =>
    ({ method, params }: Json) =>
      method === 'system.trace' && params.events.some((event: Json) => event.kind === kind);
  await watcher.call('system.trace', { enabled: true });
  const { message_id } = await client.call('chat.send', { message: 'Use it' });
  await client.frame(({ method }) => method === 'skill.invoke');
  client.terminate();
  await watcher.frame(ends('DONE'));
  await watcher.frame(ends('SKILL'));
  const events: Json[] = watcher.notifications('system.trace').flatMap(({ events }) => events);
  const skill = events.find(({ kind }) => kind === 'SKILL');
  assert.deepEqual([skill?.message_id, skill?.outcome], [message_id, 'cancelled']);
  const { messages } = await watcher.call('chat.history', { limit: 1 });
  assert.deepEqual(
    [messages[0].finish_reason, messages[0].content, messages[0].skills.map(({ ok }: Json) => ok)],
    ['cancelled', 'Wait.', [false]],
  );
});

/** Its server hears nothing any more, so it outlives the gateway. Says whether it has ended. */
const leaveBehind = (homeDir: string): (() => boolean) => {
  const [{ pid }] = JSON.parse(readFileSync(join(homeDir, 'skill-processes.json'), 'utf8'));
  process.kill(pid, 'SIGSTOP');
  return () => {
    try {
      // A zombie waits for nobody but its parent.
      return /\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
    } catch {
      return true;
    }
  };
};

test(`${req('P4-skill-events')} a gateway that is killed leaves what a reply had used, and what it was about to`, async (t) => {
  const models = await mockModels(t, (server) => {
    server.onMessage(/.*/, (request) => ({
      content: 'Wait.',
      toolCalls: [
        { name: told(request).length === 0 ? 'time__now' : 'hostile__wait', arguments: '{"seconds":60}' },
      ],
    }));
  });
  const config = modelConfig({ base_url: `${models.url}/v1` }, BUILT_IN + HOSTILE_SKILLS);
  const homeDir = temporaryFolder(t);
  const first = await startGatewayProcess(t, { homeDir, config });
  const client = await first.login();
  await untilReady(client, 'hostile.wait');
  await client.call('chat.send', { message: 'Use it' });
  const newest = async (gateway: Client): Promise<Json> =>
    (await gateway.call('chat.history', { limit: 1 })).messages[0];
  const database = new Sqlite(join(homeDir, 'openclaw.db'), { readonly: true });
  const stored = database
    .prepare<[], string | null>("SELECT metadata FROM messages WHERE role = 'assistant'")
    .pluck();
  await until(
    async () => JSON.parse(stored.get() ?? '{}').skills?.length === 2,
    'what is stored of its skills',
  );
  database.close();
  const growing = await newest(client);
  assert.deepEqual([growing.finish_reason, growing.skills], [undefined, undefined], 'it is not over');
  const ended = process.platform === 'linux' ? leaveBehind(homeDir) : null;
  await first.kill();
  assert.notEqual(ended?.(), true);
  const second = await startGatewayProcess(t, { homeDir, config });
  if (ended !== null) await until(async () => ended(), 'the end of what was left behind');
  const { skills } = await newest(await second.login());
  assert.deepEqual(
    skills.map(({ skill, content }: Json) => [skill, content]),
    [
      ['time.now', skills[0]?.content],
      ['hostile.wait', 'The gateway was ended before it had a result.'],
    ],
  );
});

test(`${req('P4-skill-events')} whoever resumes a reply hears of its skills in their place, with the scope for it`, async (t) => {
  const { under, client } = await start(t, (request) =>
    told(request).length > 0
      ? { say: 'It is late.' }
      : { say: 'Let me look.', ask: [{ name: 'time__now', arguments: '{}' }] },
  );
  const { message_id } = await say(client, 'What time is it?');
  const other = await under.login();
  const seen: string[] = [];
  other.socket.on('message', (data) => {
    const { method, params } = JSON.parse(String(data)) as Json;
    if (typeof method === 'string' && method !== 'heartbeat.ping') seen.push(params.chunk ?? method);
  });
  const resumed = await other.call('chat.resume', { message_id, after_index: -1 });
  assert.equal(resumed.recovered, true);
  await other.complete(message_id);
  assert.equal(seen.join(' '), 'Let me look. skill.invoke skill.result \n\nIt is late. chat.complete');
});
