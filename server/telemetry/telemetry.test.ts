import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { NO_SPAN } from '../core/telemetry/tracer.js';
import { Telemetry } from './telemetry.js';

/** How many spans each request brought, and what waits for an answer. */
const startCollector = async (t: TestContext) => {
  const batches: number[] = [];
  const held: ServerResponse[] = [];
  let holds = true;
  const server = createServer(async (request, response) => {
    const { resourceSpans } = JSON.parse(await text(request)) as {
      resourceSpans: { scopeSpans: { spans: unknown[] }[] }[];
    };
    batches.push(resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)).length);
    if (holds) held.push(response);
    else response.end('{}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const release = (): void => {
    holds = false;
    for (const response of held) response.end('{}');
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, batches, release, server };
};

const open = (t: TestContext, news: (string | null)[] = []) => {
  const telemetry = new Telemetry({
    serverVersion: '1',
    onNews: (reason) => news.push(reason),
    writeSpan: () => {},
  });
  t.after(() => telemetry.close());
  return telemetry;
};

test('while nobody wants spans there are none, and they cost no object', (t) => {
  const telemetry = open(t);
  assert.equal(telemetry.on, false);
  const span = telemetry.start('chat.send', null, {});
  assert.equal(span, NO_SPAN);
  assert.equal(span.child('memory.recall'), NO_SPAN);
  assert.equal(span.traceId, null);
});

test('what a collector does not take in time is bounded, whatever comes', async (t) => {
  const { url, batches, release, server } = await startCollector(t);
  const telemetry = open(t);
  await telemetry.configure({ url, headers: {}, sampleRatio: 1 });
  const asked = once(server, 'request');
  for (let at = 0; at < 20_000; at += 1) telemetry.start('chat.send', null, { at }).end();
  await asked;
  for (let at = 0; at < 20_000; at += 1) telemetry.start('chat.send', null, { at }).end();
  release();
  await telemetry.close();
  const sent = batches.reduce((sum, spans) => sum + spans, 0);
  assert.ok(sent >= 128 && sent <= 2048 + 2 * 128, `${sent} of 40 000`);
  assert.ok(Math.max(...batches) <= 128, 'no batch is large');
});

test('a span that nobody ends or asks for a child is as if it had never been, and one has one end', async (t) => {
  const { url, batches, release } = await startCollector(t);
  release();
  const telemetry = open(t);
  await telemetry.configure({ url, headers: {}, sampleRatio: 1 });
  telemetry.start('system.status', null, {});
  const span = telemetry.start('chat.send', null, {});
  const child = span.child('chat.reply');
  assert.equal(child.traceId, span.traceId);
  for (const one of [span, span, child, child]) one.end();
  await telemetry.close();
  assert.deepEqual(batches, [2]);
  assert.equal(telemetry.start('chat.send', null, {}), NO_SPAN, 'it is closed');
});

test('the environment adds nothing', async (t) => {
  const { url, server, release } = await startCollector(t);
  release();
  const variables = {
    OTEL_EXPORTER_OTLP_HEADERS: 'x-other=secret',
    OTEL_EXPORTER_OTLP_TRACES_COMPRESSION: 'gzip',
    OTEL_TRACES_SAMPLER: 'always_off',
  };
  Object.assign(process.env, variables);
  t.after(() => {
    for (const name of Object.keys(variables)) delete process.env[name];
  });
  const telemetry = open(t);
  await telemetry.configure({ url, headers: { 'x-ours': 'ours' }, sampleRatio: 1 });
  for (const [name, value] of Object.entries(variables)) assert.equal(process.env[name], value);
  const asked = once(server, 'request');
  telemetry.start('chat.send', null, {}).end();
  await telemetry.close();
  const [{ headers }] = (await asked) as [IncomingMessage];
  assert.deepEqual(
    [headers['x-ours'], headers['x-other'], headers['content-encoding']],
    ['ours', undefined, undefined],
  );
});

test('that a collector fails is told once, and that it works again', async (t) => {
  const { url, server } = await startCollector(t);
  const news: (string | null)[] = [];
  const telemetry = open(t, news);
  let status = 400;
  server.removeAllListeners('request');
  server.on('request', (request, response) => {
    request.resume();
    response.writeHead(status).end('{}');
  });
  await telemetry.configure({ url, headers: {}, sampleRatio: 1 });
  const answered = async (): Promise<void> => {
    const asked = once(server, 'request');
    for (let at = 0; at < 128; at += 1) telemetry.start('chat.send', null, {}).end();
    await asked;
  };
  await answered();
  await answered();
  status = 200;
  await answered();
  await telemetry.close();
  assert.deepEqual(news, ['400', null]);
});
