/** Servers at a URL: real HTTP on loopback, well-behaved and not. */
import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { invoke } from './contract.js';
import { PinFile } from './pin-file.js';
import { openServers, testFolder } from './test-servers.js';

type Answer = (response: ServerResponse, id: unknown, method: string) => void;

const json = (response: ServerResponse, message: object): void => {
  response
    .writeHead(200, { 'content-type': 'application/json' })
    .end(JSON.stringify({ jsonrpc: '2.0', ...message }));
};

/** A server that answers as MCP wants it, but for what `instead` answers. */
const mcpServer = async (t: TestContext, instead: Partial<Record<string, Answer>> = {}) => {
  const seen: IncomingMessage['headers'][] = [];
  const results: Record<string, object> = {
    initialize: {
      protocolVersion: '2025-06-18',
      capabilities: { tools: {} },
      serverInfo: { name: 'web', version: '1' },
    },
    'tools/list': { tools: [{ name: 'echo', inputSchema: { type: 'object' } }] },
    'tools/call': { content: [{ type: 'text', text: 'hello' }] },
    ping: {},
  };
  const server = createServer(async (request, response) => {
    seen.push(request.headers);
    if (request.method !== 'POST') return void response.writeHead(405).end();
    const { id, method } = JSON.parse(await text(request));
    const other = instead[method];
    if (other !== undefined) return other(response, id, method);
    if (id === undefined) return void response.writeHead(202).end();
    json(response, { id, result: results[method] });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`;
  return { url, seen };
};

const start = (t: TestContext, url: string, token: string | null = null) =>
  openServers(
    t,
    [{ name: 'web', target: { kind: 'url', url, token } }],
    new PinFile(join(testFolder(t), 'skills.json')),
  );

test('the token goes with every request', async (t) => {
  const { url, seen } = await mcpServer(t);
  const { skills, reached } = start(t, url, 'secret-token');
  await reached('ready');
  assert.deepEqual(await invoke(skills, 'web.echo', {}), { ok: true, content: 'hello' });
  assert.ok(seen.length >= 4);
  for (const headers of seen) assert.equal(headers.authorization, 'Bearer secret-token');
});

test('a redirect is not followed, and nothing of ours goes where it leads', async (t) => {
  const elsewhere = await mcpServer(t);
  const { url } = await mcpServer(t, {
    initialize: (response) => response.writeHead(307, { location: elsewhere.url }).end(),
  });
  const { reached } = start(t, url, 'secret-token');
  const { sentence } = await reached('failed');
  assert.match(sentence, /It answered 307, a redirect, which is not followed/);
  assert.deepEqual(elsewhere.seen, []);
});

test('refusals name the place of the token and repeat nothing', async (t) => {
  const { url } = await mcpServer(t, {
    initialize: (response) => response.writeHead(401).end('secret-token is wrong'),
  });
  const { skills, reached } = start(t, url, 'secret-token');
  assert.match((await reached('failed')).sentence, /It answered 401, so check its token_env or token_file/);
  assert.doesNotMatch(JSON.stringify(skills.servers()), /secret/);
});

test('an answer without end is cut off, in one piece or as events', async (t) => {
  for (const type of ['application/json', 'text/event-stream']) {
    let closed: () => void = () => {};
    const cutOff = new Promise<void>((resolve) => {
      closed = resolve;
    });
    const { url } = await mcpServer(t, {
      'tools/list': (response) => {
        response.writeHead(200, { 'content-type': type }).on('close', closed);
        const more = (): void => {
          while (!response.destroyed && response.write('x'.repeat(65_536)));
          response.once('drain', more);
        };
        more();
      },
    });
    const { skills, reached } = start(t, url);
    await reached('failed');
    await cutOff;
    await skills.close();
  }
});

test('a server that cannot be reached is tried again', async (t) => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  const { sentence } = await start(t, `http://127.0.0.1:${port}/mcp`).reached('failed');
  assert.match(sentence, /It cannot be reached \(ECONNREFUSED\); it is started again\.$/);
});

test('a refused call says nothing of where it was sent', async (t) => {
  let fails = false;
  const { url } = await mcpServer(t, {
    'tools/call': (response, id) => {
      if (fails) response.writeHead(500).end('inside information');
      else json(response, { id, result: { content: [] } });
    },
  });
  const { skills, reached } = start(t, url);
  await reached('ready');
  assert.deepEqual(await invoke(skills, 'web.echo', {}), { ok: true, content: '' });
  fails = true;
  const { ok, content } = await invoke(skills, 'web.echo', {});
  assert.equal(ok, false);
  assert.doesNotMatch(content, /inside|127/);
});
