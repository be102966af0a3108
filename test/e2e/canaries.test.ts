/** What must stand in no log and in no trace is sent wherever something can be sent, and looked for in all that comes out. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import Database from 'better-sqlite3';
import { rawProvider, refuses } from '../../server/backends/reasoning/raw-provider.js';
import { resolveHome } from '../../server/config/home.js';
import type { Client, Json } from '../helpers/client.js';
import { type Collector, startCollector } from '../helpers/collector.js';
import { type GatewayUnderTest, startTestGateway, temporaryFolder } from '../helpers/gateway.js';
import { startGatewayProcess } from '../helpers/gateway-process.js';
import { modelConfig } from '../helpers/models.js';
import { recordLog } from '../helpers/recorded-log.js';
import { until } from '../helpers/system.js';
import { addToken } from '../helpers/tokens.js';
import { req } from './requirements.js';

/** This file runs from `dist/test/e2e`. */
const HOSTILE = join(import.meta.dirname, '../../server/backends/skills/hostile-server.js');

/** Words of people, which a trace with bodies may show and no log. */
const SAID = 'canarysaid';
/** Tokens and keys, which nothing may show. */
const SECRET = 'canarysecret0123456789';
const KEY = `sk-${SECRET}`;

const untilReady = async (client: Client): Promise<void> => {
  for (;;) {
    const { servers } = await client.call('skill.servers');
    if (servers.every(({ state }: Json) => state === 'ready')) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
};

/** A gateway under test, however it is run. */
interface Place extends Pick<GatewayUnderTest, 'home' | 'token'> {
  login(params?: Record<string, unknown>): Promise<Client>;
  connect(): Promise<Client>;
}

/** The configuration in which every key is a canary, of a provider and a server that repeat what they are told. */
const configIn = async (t: TestContext, homeDir: string, collector: Collector): Promise<string> => {
  const keyFile = join(homeDir, 'key');
  writeFileSync(keyFile, `${KEY}\n`, { mode: 0o600 });
  const headersFile = join(homeDir, 'headers');
  writeFileSync(headersFile, `Authorization=Bearer%20${SECRET}\n`, { mode: 0o600 });
  const provider = await rawProvider(
    t,
    refuses(400, {}, `Key ${KEY}, Bearer ${SECRET}: cannot take "${SAID} in a message"`),
  );
  return (
    modelConfig(
      { base_url: provider.baseUrl, api_key_file: keyFile },
      `[skills]\nbuilt_in = ["reminder.*"]\n[skills.mcp.hostile]\ncommand = ${JSON.stringify(process.execPath)}\n` +
        `args = ${JSON.stringify([HOSTILE, 'good', SECRET])}\nenv = ["API_KEY=${SECRET}"]\n`,
    ).replace('level = "error"', 'level = "trace"') +
    `[telemetry]\notlp_endpoint = "${collector.url}"\notlp_headers_file = "${headersFile}"\n`
  );
};

/** Sends canaries wherever something can be sent, as an operator and as a stranger. Resolves with a guest's token. */
const sendEverywhere = async (under: Place): Promise<string> => {
  const client = await under.login({ client_id: 'web', traceparent: `00-${SAID}-01` });
  await untilReady(client);

  // Messages, names and whatever else people write.
  const { message_id } = await client.call('chat.send', {
    message: `${SAID} in a message`,
    idempotency_key: `${SAID}-once`,
    metadata: { note: SAID, traceparent: SAID },
  });
  await client.complete(message_id);
  const { channel_id } = await client.call('channel.create', { name: SAID, metadata: { note: SAID } });
  await client.call('memory.search', { query: SAID });
  await client.call('system.notify', { type: 'reminder', msg: SAID });
  for (const skill of ['hostile.echo', 'hostile.fail', 'hostile.refuse', 'hostile.large', 'hostile.exit']) {
    await client.request('skill.call', { skill, arguments: { text: SAID, api_key: SECRET } });
  }
  await client.request('channel.delete', { channel_id });

  // Tokens and keys, in and out of their places.
  const guest = await addToken(under, { principal: 'guest' });
  const other = await under.connect();
  for (const token of [`oc_user_${SECRET}`, SECRET, KEY]) {
    await other.request('auth.handshake', { client_id: 'x', client_version: '1', token });
  }
  await other.closed;
  await under.login({ token: guest });
  for (const params of [
    { token: SECRET },
    { api_key: SECRET },
    { [`token-${SAID}`]: SECRET },
    { note: KEY },
  ]) {
    await client.request('system.ping', params);
    await client.request(`${SAID}.nothing`, params);
  }
  client.send(`{"jsonrpc":"2.0","method":"auth.handshake","params":{"token":"${SECRET}`);
  await client.closed;

  // And behind the gateway's back: what is asked for now fails inside.
  const database = new Database(under.home.databaseFile);
  database.pragma('foreign_keys = OFF');
  database.exec('DROP TABLE messages');
  database.close();
  const late = await under.login();
  const { error } = await late.request('chat.send', { message: SAID, metadata: { note: SAID } });
  assert.equal(error.code, -32603);
  return guest;
};

const holdsNone = (text: string, words: readonly string[]): void => {
  for (const word of words) assert.ok(!text.includes(word), `${word} in ${text}`);
};

test(`${req('P3-token-secret', 'P4-provider-words', 'P4-trace')} no log and no span holds a message, a token or a key at any level, and no trace a token or a key`, async (t) => {
  const homeDir = temporaryFolder(t);
  const recorded = recordLog('trace');
  const collector = await startCollector(t);
  const config = await configIn(t, homeDir, collector);
  const under = await startTestGateway(t, { homeDir, log: recorded.log, config });
  const watcher = await under.login({ client_id: 'watcher' });
  await watcher.call('system.trace', { enabled: true, verbose: true });
  const guest = await sendEverywhere(under);
  await watcher.frame(
    ({ method, params }) =>
      method === 'system.trace' && params.events.some(({ error }: Json) => error === -32603),
    'the last frame',
  );
  await under.gateway.close();

  const log = recorded.text();
  assert.match(log, /answered 400/, 'the log has heard of the provider');
  holdsNone(log, [SAID, SECRET, under.token, guest]);
  // One event a line: each is one object.
  for (const line of recorded.lines()) assert.equal(typeof line.msg, 'string');
  const spans = collector.texts.join();
  for (const name of ['chat.reply', 'skill.run', 'auth.handshake']) assert.ok(spans.includes(name), name);
  holdsNone(spans, [SAID, SECRET, under.token, guest]);
  const traced = JSON.stringify(watcher.notifications('system.trace'));
  assert.ok(traced.includes(SAID), 'bodies are there');
  holdsNone(traced, [SECRET, under.token, guest]);
});

test(`${req('P3-token-secret')} nor does anything that a gateway's process writes, whichever thread of it`, async (t) => {
  const homeDir = temporaryFolder(t);
  const collector = await startCollector(t);
  const config = await configIn(t, homeDir, collector);
  const gateway = await startGatewayProcess(t, { homeDir, config });
  const guest = await sendEverywhere({ ...gateway, home: resolveHome({ OPENCLAW_HOME: homeDir }) });
  // A configuration that is wrong, and one in which a key stands where its variable should.
  for (const wrong of [
    `[gateway]\nnonsense = "${SECRET}"\n`,
    `[reasoning]\napi_key_env = "${KEY}"\n`,
    `"${SAID}`,
  ]) {
    const before = gateway.process.stdout.split('Nothing was reloaded').length;
    writeFileSync(join(homeDir, 'config.toml'), wrong);
    gateway.process.child.kill('SIGHUP');
    await until(
      () => gateway.process.stdout.split('Nothing was reloaded').length > before,
      'what came of the reload',
    );
  }
  gateway.process.child.kill('SIGTERM');
  assert.equal(await gateway.process.exited, 0);
  const { stdout, stderr } = gateway.process;
  assert.match(stdout, /"level":10,/, 'every level is there');
  assert.match(stdout, /answered 400/);
  assert.match(stdout, /"msg":"internal error"/);
  holdsNone(stdout + stderr, [SAID, SECRET, gateway.token, guest]);
  holdsNone(collector.texts.join(), [SAID, SECRET, gateway.token, guest]);
});
