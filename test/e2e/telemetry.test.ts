/** Spans of requests and replies, as a collector of OpenTelemetry gets them. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { test } from 'node:test';
import Database from 'better-sqlite3';
import type { Client, Json } from '../helpers/client.js';
import { type CollectedSpan, startCollector } from '../helpers/collector.js';
import { engine } from '../helpers/engine.js';
import { startTestGateway, temporaryFolder } from '../helpers/gateway.js';
import { mockModels, modelConfig } from '../helpers/models.js';
import { recordLog } from '../helpers/recorded-log.js';
import { until } from '../helpers/system.js';
import { req } from './requirements.js';

const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736';
const OTHER_TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
const PARENT_ID = '00f067aa0ba902b7';
const parentOf = (traceId: string, flags = '01'): string => `00-${traceId}-${PARENT_ID}-${flags}`;

const section = (endpoint: string, rest = ''): string =>
  `[telemetry]\notlp_endpoint = "${endpoint}"\n${rest}`;

const say = async (client: Client, message: string, metadata?: object): Promise<string> => {
  const { message_id } = await client.call('chat.send', { message, ...(metadata ? { metadata } : {}) });
  await client.complete(message_id);
  return message_id;
};

const named =
  (name: string, traceId?: string) =>
  (span: CollectedSpan): boolean =>
    span.name === name && (traceId === undefined || span.traceId === traceId);

/** Modules of OpenTelemetry that this process has loaded, which all are CommonJS. */
const loaded = (): string[] =>
  Object.keys(createRequire(import.meta.url).cache).filter((path) => path.includes('@opentelemetry/'));

test('nothing of OpenTelemetry is loaded until there is an endpoint, which a reload may bring', async (t) => {
  const collector = await startCollector(t);
  const under = await startTestGateway(t, { config: engine(0) });
  const client = await under.login();
  await say(client, 'Hello', { traceparent: parentOf(TRACE_ID) });
  assert.deepEqual(loaded(), []);

  writeFileSync(under.home.configFile, engine(0, {}, section(collector.url)));
  assert.deepEqual(await client.call('system.reload'), {
    changed: ['telemetry.otlp_endpoint'],
    needs_restart: [],
  });
  assert.ok(loaded().length > 0);
  await say(client, 'Hello');
  await collector.span(named('chat.reply'), 'a span');

  // And elsewhere, or nowhere.
  const other = await startCollector(t);
  writeFileSync(under.home.configFile, engine(0, {}, section(other.url)));
  await client.call('system.reload');
  await say(client, 'Hello');
  await other.span(named('chat.reply'), 'a span elsewhere');
  writeFileSync(under.home.configFile, engine(0));
  assert.deepEqual((await client.call('system.reload')).changed, ['telemetry.otlp_endpoint']);
  await say(client, 'Hello', { traceparent: parentOf(TRACE_ID) });
  await under.gateway.close();
  for (const { spans } of [collector, other]) assert.equal(spans.filter(named('chat.reply')).length, 1);
});

test(`${req('P3-traceparent')} a message’s trace: what was asked, its reply, recall, the model’s steps, the skill between them`, async (t) => {
  const said = 'canarysaid';
  const collector = await startCollector(t);
  const models = await mockModels(t, (server) => {
    server.onMessage(/.*/, ({ messages }) =>
      messages.some(({ role }) => role === 'tool')
        ? { content: `${said} in a reply` }
        : {
            content: '',
            toolCalls: [{ name: 'memory__search', arguments: `{"query":"${said} in a call"}` }],
          },
    );
  });
  const homeDir = temporaryFolder(t);
  const headersFile = join(homeDir, 'headers');
  writeFileSync(headersFile, 'Authorization=Bearer%20canarysecret,x-tenant=ours\n', { mode: 0o600 });
  const telemetry = section(`${collector.url}/`, `otlp_headers_file = "${headersFile}"\n`);
  const under = await startTestGateway(t, {
    homeDir,
    config: modelConfig({ base_url: `${models.url}/v1` }, `[skills]\nbuilt_in = ["*"]\n${telemetry}`),
  });
  const client = await under.login({ client_id: 'web', traceparent: parentOf(OTHER_TRACE_ID) });
  const messageId = await say(client, `${said} in a message`, {
    traceparent: parentOf(TRACE_ID),
    note: `${said} in metadata`,
  });
  await client.call('chat.history');
  await client.call('channel.create', { name: `${said} in a name` });
  await client.call('skill.call', { skill: 'time.now', arguments: {} });
  assert.equal((await client.request('skill.call', { skill: `${said}.none` })).error.code, 4042);
  await client.call('system.ping');
  await client.call('system.ping', {});
  await client.call('system.status');
  client.send({ jsonrpc: '2.0', method: 'heartbeat.pong', params: { seq: 1 } });
  await client.settle();
  await under.gateway.close();

  const of = (name: string, traceId = TRACE_ID): CollectedSpan => {
    const found = collector.spans.filter(named(name, traceId));
    assert.equal(found.length, 1, `${name}: ${found.length}`);
    return found[0] as CollectedSpan;
  };
  const sent = of('chat.send');
  const reply = of('chat.reply');
  assert.equal(sent.parentSpanId, PARENT_ID);
  assert.equal(sent.kind, 2, 'server');
  assert.deepEqual(sent.attributes, {
    'rpc.system': 'jsonrpc',
    'rpc.method': 'chat.send',
    'openclaw.session_id': client.handshake.session_id,
    'openclaw.client_id': 'web',
  });
  assert.equal(reply.parentSpanId, sent.spanId);
  assert.equal(reply.attributes['openclaw.message_id'], messageId);
  assert.equal(reply.attributes['openclaw.finish_reason'], 'stop');
  assert.equal(of('memory.recall').parentSpanId, reply.spanId);
  assert.equal(of('skill.run').parentSpanId, reply.spanId);
  assert.equal(of('skill.run').attributes['openclaw.skill'], 'memory.search');
  const steps = collector.spans.filter(named('reasoning.call', TRACE_ID));
  assert.deepEqual(
    steps.map(({ parentSpanId, attributes }) => [parentSpanId, attributes['openclaw.finish_reason']]),
    [
      [reply.spanId, 'tools'],
      [reply.spanId, 'stop'],
    ],
  );
  for (const span of collector.spans) {
    assert.ok(span.endNs >= span.startNs && !span.failed, span.name);
    if (span.traceId !== TRACE_ID || span === sent) continue;
    assert.ok(span.startNs >= sent.startNs && span.endNs <= reply.endNs, `${span.name} is within`);
  }

  // What names no trace of its own belongs to the connection's.
  for (const name of ['auth.handshake', 'chat.history', 'channel.create']) {
    assert.equal(of(name, OTHER_TRACE_ID).parentSpanId, PARENT_ID, name);
  }
  const [called] = collector.spans.filter(
    ({ name, attributes }) => name === 'skill.call' && attributes['rpc.jsonrpc.error_code'] === undefined,
  );
  assert.equal(of('skill.run', OTHER_TRACE_ID).parentSpanId, called?.spanId);
  const names = new Set(collector.spans.map(({ name }) => name));
  for (const name of ['system.ping', 'system.status', 'heartbeat.pong']) assert.ok(!names.has(name), name);

  const all = collector.texts.join();
  assert.ok(all.includes(messageId), 'the search finds what is there');
  for (const word of [said, 'canarysecret', under.token]) assert.ok(!all.includes(word), word);
  for (const { path, headers } of collector.requests) {
    assert.equal(path, '/v1/traces');
    assert.equal(headers['content-type'], 'application/json');
    assert.deepEqual([headers.authorization, headers['x-tenant']], ['Bearer canarysecret', 'ours']);
  }
});

test('sample_ratio holds for traces that begin here, a client’s flag for its own', async (t) => {
  const collector = await startCollector(t);
  const under = await startTestGateway(t, {
    config: engine(0, {}, section(collector.url, 'sample_ratio = 0\n')),
  });
  const client = await under.login();
  await say(client, 'Hello');
  await say(client, 'Hello', { traceparent: parentOf(OTHER_TRACE_ID, '00') });
  await say(client, 'Hello', { traceparent: 'malformed' });
  await say(client, 'Hello', { traceparent: parentOf(TRACE_ID) });
  await under.gateway.close();
  assert.ok(collector.spans.some(named('chat.reply')));
  assert.deepEqual([...new Set(collector.spans.map(({ traceId }) => traceId))], [TRACE_ID]);
});

test('an internal error has the trace id of the client, of the span, and of the log', async (t) => {
  const collector = await startCollector(t);
  const { log, lines } = recordLog();
  const under = await startTestGateway(t, { config: engine(0, {}, section(collector.url)), log });
  const client = await under.login({ client_id: 'web' });
  const database = new Database(under.home.databaseFile);
  database.pragma('foreign_keys = OFF');
  database.exec('DROP TABLE messages');
  database.close();
  const own = await client.request('chat.send', {
    message: 'Hello',
    metadata: { traceparent: parentOf(TRACE_ID) },
  });
  assert.deepEqual(own.error.data, { trace_id: TRACE_ID });
  const { error } = await client.request('chat.history');
  for (const traceId of [TRACE_ID, error.data.trace_id]) {
    const [line] = lines().filter(({ trace_id }: Json) => trace_id === traceId);
    assert.deepEqual([line.level, line.session_id, line.client_id], [50, client.handshake.session_id, 'web']);
    const span = await collector.span((one) => one.traceId === traceId && one.failed, 'a failed span');
    assert.deepEqual([span.name, span.attributes['rpc.jsonrpc.error_code']], [line.method, -32603]);
  }
});

/** A port where nobody listens. */
const refusing = async (): Promise<string> => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
};

test('a collector that refuses, fails or hangs delays nobody, and the log says so once', async (t) => {
  const hanging = await startCollector(t, () => {});
  const failing = await startCollector(t, (response) => response.writeHead(400, 'canary').end('canary'));
  for (const endpoint of [await refusing(), failing.url, hanging.url]) {
    const { log, lines, text } = recordLog('info');
    const under = await startTestGateway(t, { config: engine(0, {}, section(endpoint)), log });
    const client = await under.login();
    // Far more than what is kept of them.
    for (let round = 0; round < 50; round += 1) {
      await Promise.all(Array.from({ length: 60 }, () => client.call('channel.list')));
    }
    await say(client, 'Hello');
    const lost = (): Json[] => lines().filter(({ msg }) => /spans are not taken/.test(msg));
    await until(() => lost().length > 0, `a line about ${endpoint}`);
    await client.call('channel.list');
    const closingMs = performance.now();
    await under.gateway.close();
    assert.ok(performance.now() - closingMs < 3000, 'the end waits for no collector');
    assert.equal(lost().length, 1);
    assert.match(lost()[0].reason, endpoint === failing.url ? /^400$/ : /^ECONNREFUSED$|^no answer in time$/);
    assert.ok(!text().includes('canary'));
  }
});

test('headers that are missing or are none stop a start and a reload with a sentence', async (t) => {
  const homeDir = temporaryFolder(t);
  const file = join(homeDir, 'headers');
  const collector = await startCollector(t);
  const config = engine(0, {}, section(collector.url, `otlp_headers_file = "${file}"\n`));
  await assert.rejects(startTestGateway(t, { config, homeDir }), {
    name: 'StartError',
    message: `telemetry.otlp_headers_file names ${file}, which cannot be read (ENOENT): mend that, or leave it empty.`,
  });
  writeFileSync(file, 'x-key=one', { mode: 0o600 });
  const under = await startTestGateway(t, { config, homeDir });
  const client = await under.login();
  for (const broken of ['canarysecret', 'x key=canarysecret', 'x-key=canarysecret%0d%0ax: y', 'x-key=%zz']) {
    writeFileSync(file, broken);
    const { error } = await client.request('system.reload');
    assert.match(error.data.reason, /holds no headers: write NAME=VALUE/);
    assert.ok(!error.data.reason.includes('canarysecret'));
  }
  writeFileSync(file, 'x-key=two');
  assert.deepEqual((await client.call('system.reload')).changed, ['telemetry.otlp_headers_file']);
  await say(client, 'Hello');
  await collector.span(named('chat.reply'), 'a span');
  assert.equal(collector.requests.at(-1)?.headers['x-key'], 'two');
});
