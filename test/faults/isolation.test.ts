/** Replies that wait for a tool that spins its processor, and for a provider that hangs: nobody else notices. */
import assert from 'node:assert/strict';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { Json } from '../helpers/client.js';
import { atEnd, temporaryFolder } from '../helpers/gateway.js';
import { startGatewayProcess } from '../helpers/gateway-process.js';
import { modelConfig } from '../helpers/models.js';
import { startNeighbour } from '../helpers/neighbour.js';
import { until } from '../helpers/system.js';

/** This file runs from `dist/test/faults`. */
const HOSTILE = join(import.meta.dirname, '../../server/backends/skills/hostile-server.js');
/** Of each kind. */
const CHATS = 100;
const MEASURED_MS = 3000;
/** A busy machine takes a part of it; on a quiet one it is below 5. A tool on the sockets' thread would stop everything. */
const MAX_P99_MS = 100;

const textOf = async (request: IncomingMessage): Promise<string> => {
  let text = '';
  for await (const piece of request.setEncoding('utf8')) text += piece;
  return text;
};

const event = (delta: object, finishReason: string | null): string =>
  `data: ${JSON.stringify({
    id: 'c',
    object: 'chat.completion.chunk',
    choices: [{ index: 0, delta, finish_reason: finishReason }],
  })}\n\n`;
const CALL = {
  tool_calls: [
    { index: 0, id: 'call-1', type: 'function', function: { name: 'hostile__spin', arguments: '{}' } },
  ],
};

/** A provider that asks for the tool, or says nothing at all. @returns where it is, and how many it lets hang */
const startProvider = async (t: TestContext) => {
  const counts = { hanging: 0 };
  const server = createServer((request, response) => {
    void textOf(request).then((text) => {
      if (text.includes('hang, please')) counts.hanging += 1;
      else {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.end(`${event(CALL, null)}${event({}, 'tool_calls')}data: [DONE]\n\n`);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  atEnd(t, () => {
    server.closeAllConnections();
    server.close();
  });
  return { counts, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1` };
};

test('with a hundred chats behind a tool that spins and a hundred behind a provider that hangs, pings are answered at once and nobody is lost', {
  timeout: 120_000,
}, async (t) => {
  const provider = await startProvider(t);
  const under = await startGatewayProcess(t, {
    homeDir: temporaryFolder(t),
    config: modelConfig(
      { base_url: provider.url, max_streams_per_principal: 0 },
      // One principal has three quarters of them.
      `[skills]\nmax_concurrent = ${Math.ceil((CHATS * 4) / 3)}\ntimeout_seconds = 60\n` +
        `[skills.mcp.hostile]\ncommand = ${JSON.stringify(process.execPath)}\nargs = ${JSON.stringify([HOSTILE, 'good'])}\n`,
    ),
  });
  const writer = await under.login();
  await until(async () => {
    const { skills } = await writer.call('skill.list');
    return skills.some(({ name, state }: Json) => name === 'hostile.spin' && state === 'ready');
  }, 'the tool');
  let invoked = 0;
  let lost = false;
  writer.socket.on('message', (data) => {
    const { method, params } = JSON.parse(String(data)) as Json;
    if (method === 'skill.invoke') invoked += 1;
    if (method === 'heartbeat.ping') {
      writer.send({ jsonrpc: '2.0', method: 'heartbeat.pong', params: { seq: params.seq } });
    }
  });
  writer.socket.on('close', () => {
    lost = true;
  });
  for (let at = 0; at < 2 * CHATS; at += 1) {
    const { channel_id } = await writer.call('channel.create');
    const message = at % 2 === 0 ? 'spin, please' : 'hang, please';
    await writer.call('chat.send', { channel: channel_id, message });
  }
  await until(() => invoked === CHATS && provider.counts.hanging === CHATS, 'all of them to wait');

  const neighbour = await startNeighbour(t, under);
  // What is measured is how it goes on meanwhile: there is no end to wait for.
  await delay(MEASURED_MS);
  const { count, medianMs, p99Ms, longestMs } = await neighbour.stop();
  t.diagnostic(
    `${count} pings: median ${medianMs.toFixed(1)} ms, p99 ${p99Ms.toFixed(1)} ms, longest ${longestMs.toFixed(0)} ms`,
  );
  assert.ok(p99Ms < MAX_P99_MS, `p99 ${p99Ms} ms`);
  assert.ok(!lost, 'the heartbeat goes on');
});
