/** Replies by models: a whole gateway, a real socket, and a real server that speaks like a provider. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  beginStream,
  endEvents,
  rawProvider,
  refuses,
  says,
  wordEvent,
} from '../../server/backends/reasoning/raw-provider.js';
import { StartError } from '../../server/gateway.js';
import type { Client, Json } from '../helpers/client.js';
import { startTestGateway, temporaryFolder } from '../helpers/gateway.js';
import { lastWords, mockModels, modelConfig, table } from '../helpers/models.js';
import { recordLog } from '../helpers/recorded-log.js';
import { until } from '../helpers/system.js';
import { req } from './requirements.js';

const OPENAI = 'openai-compatible';
const KEY = 'sk-e2e-swordfish';

const send = async (client: Client, message: string, channel = 'default'): Promise<string> =>
  (await client.call('chat.send', { message, channel })).message_id;
const say = async (client: Client, message: string): Promise<Json> =>
  client.complete(await send(client, message));
const chunkOf = (messageId: string) => (frame: Json) =>
  frame.method === 'chat.stream' && frame.params.message_id === messageId;

for (const [provider, base] of [
  [OPENAI, '/v1'],
  ['anthropic', ''],
] as const) {
  test(`${req('P4-usage', 'T-chat-stream', 'T-chat-complete')} ${provider}: a model's reply is streamed, and its tokens are those that the provider counts`, async (t) => {
    const models = await mockModels(t, (server) => {
      const usage = { prompt_tokens: 30, completion_tokens: 9, input_tokens: 30, output_tokens: 9 };
      server.onMessage(
        'weather',
        { content: 'It is warm today, and it will rain. 🌧', usage },
        { chunkSize: 4 },
      );
      server.onMessage(/.*/, (request) => ({ content: `heard: ${lastWords(request)}` }));
    });
    const config = modelConfig({ provider, base_url: models.url + base, system_prompt: 'Be brief.' });
    const client = await (await startTestGateway(t, { config })).login();
    const message_id = await send(client, 'How is the weather?');
    const complete = await client.complete(message_id);
    assert.equal(client.streamed(message_id), 'It is warm today, and it will rain. 🌧');
    assert.deepEqual(
      [complete.finish_reason, complete.total_tokens, complete.usage],
      ['stop', 39, { input: 30, output: 9 }],
    );
    await say(client, 'And tomorrow?');
    // What was said before is in the next request, in its order.
    const { body } = models.getLastRequest() as Json;
    assert.deepEqual(
      body.messages.map(({ role }: Json) => role),
      ['system', 'user', 'assistant', 'user'],
    );
    assert.match(
      JSON.stringify(body.messages),
      /Be brief\..*How is the weather\?.*it will rain.*And tomorrow\?/,
    );
  });
}

test(`${req('P4-usage')} where the provider counts nothing, tokens are estimated and marked so`, async (t) => {
  const server = await rawProvider(t, says(OPENAI, 'twelve chars'));
  const client = await (
    await startTestGateway(t, { config: modelConfig({ base_url: server.baseUrl }) })
  ).login();
  const { usage, total_tokens } = await say(client, 'four');
  assert.deepEqual([usage, total_tokens], [{ input: 1, output: 3, estimated: true }, 4]);
});

test(`${req('P2-reasoning-failed', 'P4-provider-words')} a provider that fails is 5020 and no word of its own, and its key stands nowhere`, async (t) => {
  const homeDir = temporaryFolder(t);
  const keyFile = join(homeDir, 'key');
  writeFileSync(keyFile, `${KEY}\n`, { mode: 0o600 });
  const server = await rawProvider(t, refuses(401, {}, `no such key: ${KEY}, said the whale`));
  const recorded = recordLog();
  const under = await startTestGateway(t, {
    homeDir,
    log: recorded.log,
    config: modelConfig({ base_url: server.baseUrl, api_key_file: keyFile }),
  });
  const client = await under.login();
  const message_id = await send(client, 'hello');
  const complete = await client.complete(message_id);
  assert.deepEqual(
    [complete.finish_reason, complete.error, complete.total_tokens],
    ['error', { code: 5020, message: 'Reasoning failed', data: { provider: OPENAI, retryable: false } }, 0],
  );
  assert.equal(server.asked[0]?.headers.authorization, `Bearer ${KEY}`);
  server.script = (response) =>
    void beginStream(response).write(wordEvent(OPENAI, 'so far'), () => response.destroy());
  const cut = await say(client, 'again');
  assert.deepEqual([cut.finish_reason, cut.error], ['interrupted', undefined]);
  await client.close();
  assert.doesNotMatch(JSON.stringify(client.frames), /whale|swordfish/);
  assert.match(
    recorded.text(),
    /is down: it answered 401, so check the key.*|.*no such key: \[removed\], said the whale/,
  );
  assert.match(recorded.text(), /no such key: \[removed\], said the whale/);
  assert.ok(!recorded.text().includes(KEY));
  for (const name of readdirSync(homeDir)) {
    const path = join(homeDir, name);
    if (path !== keyFile && statSync(path).isFile()) assert.ok(!readFileSync(path).includes(KEY), name);
  }
});

test(`${req('P4-provider-cut', 'P4-provider-silence')} a reply cut after a word is interrupted, its text kept; one that hangs is given up in time`, async (t) => {
  const server = await rawProvider(t, (response) => {
    const bytes = Buffer.from(wordEvent(OPENAI, '😀'));
    beginStream(response).write(wordEvent(OPENAI, 'Grüße '));
    response.write(bytes.subarray(0, bytes.length - 60), () => response.destroy());
  });
  const config = modelConfig({ base_url: server.baseUrl, timeout_seconds: 0.3 });
  const under = await startTestGateway(t, { config });
  const client = await under.login();
  const cut = await say(client, 'one');
  assert.deepEqual([cut.finish_reason, cut.usage.estimated, cut.error], ['interrupted', true, undefined]);
  server.script = (response) => void beginStream(response).write(wordEvent(OPENAI, 'and then'));
  assert.equal((await say(client, 'two')).finish_reason, 'interrupted');
  server.script = () => {};
  // Until now it has had as long as it takes a busy machine.
  const impatient = modelConfig({ base_url: server.baseUrl, first_token_timeout_seconds: 0.3 });
  writeFileSync(under.home.configFile, impatient);
  await client.call('system.reload');
  assert.deepEqual((await say(client, 'three')).error.data, { provider: OPENAI, retryable: true });
  await Promise.all(server.asked.map(({ closed }) => closed));
  const { messages } = await client.call('chat.history');
  assert.deepEqual(
    messages.flatMap(({ role, content, finish_reason }: Json) =>
      role === 'user' ? [] : [[content, finish_reason]],
    ),
    [
      ['Grüße ', 'interrupted'],
      ['and then', 'interrupted'],
      ['', 'error'],
    ],
  );
});

test(`${req('P4-provider-cancel', 'P4-cancel')} chat.cancel closes the provider's connection within 100 ms, before a word and after`, async (t) => {
  const server = await rawProvider(t, () => {});
  const client = await (
    await startTestGateway(t, { config: modelConfig({ base_url: server.baseUrl }) })
  ).login();
  const cancelled = async (begins: boolean): Promise<number> => {
    const nth = server.asked.length;
    if (begins) server.script = (response) => void beginStream(response).write(wordEvent(OPENAI, 'word'));
    const message_id = await send(client, 'hello');
    await server.requests(nth + 1);
    if (begins) await client.frame(chunkOf(message_id));
    const cancelledMs = performance.now();
    assert.deepEqual(await client.call('chat.cancel', { message_id }), { cancelled: true });
    const closedMs = (await server.asked[nth]?.closed) ?? Number.NaN;
    assert.equal((await client.complete(message_id)).finish_reason, 'cancelled');
    assert.equal(client.streamed(message_id), begins ? 'word' : '');
    return closedMs - cancelledMs;
  };
  for (const begins of [false, true]) {
    let bestMs = await cancelled(begins);
    // A machine that had something else to do is no news.
    for (let more = 0; more < 5 && bestMs >= 100; more += 1)
      bestMs = Math.min(bestMs, await cancelled(begins));
    assert.ok(bestMs < 100, `${bestMs} ms`);
  }
});

test(`${req('P4-not-cancelled', 'P5-detached-timeout')} disconnecting leaves the provider's call alone, until detached_timeout`, async (t) => {
  let finish = (): void => {};
  const server = await rawProvider(t, (response, nth) => {
    beginStream(response).write(wordEvent(OPENAI, 'word'));
    if (nth === 0) finish = () => void response.end(wordEvent(OPENAI, ' and end') + endEvents(OPENAI));
  });
  const under = await startTestGateway(t, {
    config: modelConfig({ base_url: server.baseUrl }, '[chat]\ndetached_timeout = 1\n'),
  });
  const ask = async (): Promise<string> => {
    const client = await under.login();
    const message_id = await send(client, 'hello');
    await client.frame(chunkOf(message_id));
    client.terminate();
    await client.closed;
    return message_id;
  };
  const goesOn = await ask();
  finish();
  const later = await under.login();
  await later.call('chat.resume', { message_id: goesOn });
  assert.equal((await later.complete(goesOn)).finish_reason, 'stop');
  assert.equal(later.streamed(goesOn), 'word and end');
  await later.close();
  const nobodys = await ask();
  await server.asked[1]?.closed;
  const last = await under.login();
  await last.call('chat.resume', { message_id: nobodys });
  assert.equal((await last.complete(nobodys)).finish_reason, 'cancelled');
});

test(`${req('P4-provider-fallback', 'P7-alert')} a fallback answers, and operators hear once that the provider is down, and that it works`, async (t) => {
  const first = await rawProvider(t, refuses(401));
  const second = await rawProvider(t, says('anthropic', 'from the fallback'));
  const fallback = table('fallback.first', { provider: 'anthropic', model: 'n', base_url: second.baseUrl });
  const under = await startTestGateway(t, { config: modelConfig({ base_url: first.baseUrl }, fallback) });
  const client = await under.login();
  for (const message of ['one', 'two', 'three']) {
    const message_id = await send(client, message);
    assert.equal((await client.complete(message_id)).finish_reason, 'stop');
    assert.equal(client.streamed(message_id), 'from the fallback');
  }
  const alerts = new Map<string, string>();
  const listenFor = (words: RegExp): Promise<Json> =>
    client.frame(({ method, params }) => {
      if (method !== 'heartbeat.ping') return false;
      for (const { id, type, msg } of params.notifications) if (type === 'alert') alerts.set(id, msg);
      return [...alerts.values()].some((msg) => words.test(msg));
    }, `an alert like ${words}`);
  const ping = await listenFor(/is down: it answered 401/);
  await client.call('heartbeat.pong', { seq: ping.params.seq });
  first.script = says(OPENAI, 'here again');
  await say(client, 'four');
  await listenFor(/works again/);
  assert.equal(alerts.size, 2);
});

test(`${req('P8-reload-provider', 'P8-reload')} system.reload takes another provider, key and prompt; replies under way go on; what is wrong changes nothing`, async (t) => {
  let finish = (): void => {};
  const old = await rawProvider(t, (response) => {
    beginStream(response).write(wordEvent(OPENAI, 'old '));
    finish = () => void response.end(wordEvent(OPENAI, 'words') + endEvents(OPENAI));
  });
  const fresh = await rawProvider(t, says('anthropic', 'new words'));
  const homeDir = temporaryFolder(t);
  const keyFile = join(homeDir, 'key');
  writeFileSync(keyFile, 'sk-one-swordfish', { mode: 0o600 });
  const under = await startTestGateway(t, {
    homeDir,
    config: modelConfig({ base_url: old.baseUrl, api_key_file: keyFile }),
  });
  const client = await under.login();
  const { channel_id } = await client.call('channel.create');
  const running = await send(client, 'hello');
  await client.frame(chunkOf(running));
  const next = {
    provider: 'anthropic',
    base_url: fresh.baseUrl,
    api_key_file: keyFile,
    system_prompt: 'Be new.',
  };
  writeFileSync(under.home.configFile, modelConfig(next));
  assert.deepEqual(await client.call('system.reload'), {
    changed: ['reasoning.provider', 'reasoning.base_url', 'reasoning.system_prompt'],
    needs_restart: [],
  });
  const reply = await send(client, 'hello', channel_id);
  assert.equal((await client.complete(reply)).finish_reason, 'stop');
  assert.equal(client.streamed(reply), 'new words');
  assert.equal(fresh.asked[0]?.body.system, 'Be new.');
  finish();
  assert.equal((await client.complete(running)).finish_reason, 'stop');
  assert.equal(client.streamed(running), 'old words');

  writeFileSync(keyFile, 'sk-two-swordfish');
  assert.deepEqual((await client.call('system.reload')).changed, ['reasoning.api_key_file']);
  await say(client, 'again');
  assert.equal(fresh.asked.at(-1)?.headers.authorization, 'Bearer sk-two-swordfish');
  writeFileSync(keyFile, '');
  const refusal = await client.request('system.reload');
  assert.match(
    JSON.stringify(refusal),
    /reasoning\.api_key_file names .*, which is not set or empty: put the key there\./,
  );
  await say(client, 'and again');
  assert.equal(fresh.asked.at(-1)?.headers.authorization, 'Bearer sk-two-swordfish');
});

test(`${req('P8-bad-value')} a gateway whose provider cannot be asked as configured does not start, and says what to do`, async (t) => {
  const refused = async (
    config: string,
    sentence: RegExp,
    env: Record<string, string> = {},
  ): Promise<void> => {
    await assert.rejects(startTestGateway(t, { config, env }), (error: Error) => {
      assert.match(error.message, sentence);
      assert.ok(!error.message.includes('sk-'));
      return true;
    });
  };
  await refused(modelConfig({}), /must lead to the key for OpenAI, or reasoning\.base_url must say where/);
  await refused(
    modelConfig({ base_url: 'http://ollama:11434/v1' }),
    /reasoning\.base_url must begin with https:/,
  );
  await refused(
    modelConfig({ base_url: 'https://me:sk-1@a' }),
    /reasoning\.base_url must be an http.* something else/,
  );
  await refused(
    modelConfig({ api_key_env: 'sk-2' }),
    /api_key_env must be the name of an environment variable/,
  );
  const noKey = modelConfig({ api_key_env: 'OPENCLAW_NO_KEY' });
  await assert.rejects(
    startTestGateway(t, { config: noKey }),
    (error) =>
      error instanceof StartError &&
      /^reasoning\.api_key_env names the variable OPENCLAW_NO_KEY, which is not set/.test(error.message),
  );
  const noPrompt = modelConfig({ base_url: 'http://127.0.0.1:1', system_prompt_file: '/nowhere/prompt' });
  await refused(
    noPrompt,
    /system_prompt_file names \/nowhere\/prompt, which cannot be read \(ENOENT\): mend that/,
  );
});

test(`${req('T-channel-persistence')} long channels are summarized by the provider, and its summary is what the model sees`, async (t) => {
  const models = await mockModels(t, (server) => {
    server.on({ systemMessage: 'memory of a conversation' }, { content: 'SUMMARY: they spoke of whales.' });
    server.onMessage(/.*/, { content: 'Indeed, whales are large and sing in the deep sea for hours.' });
  });
  const client = await (
    await startTestGateway(t, {
      config: modelConfig(
        { base_url: `${models.url}/v1` },
        '[memory]\ncompact_after_messages = 10\nrecall_tokens = 200\n',
      ),
    })
  ).login();
  for (let at = 0; at < 12; at += 1) await say(client, `What about whale number ${at}, which sings so well?`);
  await until(async () => {
    await say(client, 'And now?');
    return JSON.stringify((models.getLastRequest() as Json).body.messages).includes(
      'SUMMARY: they spoke of whales.',
    );
  }, 'the summary in a request');
});
