/** What must stand in no log and in no trace is sent wherever something can be sent, and looked for in all that comes out. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { rawProvider, refuses } from '../../server/backends/reasoning/raw-provider.js';
import type { Client, Json } from '../helpers/client.js';
import { startTestGateway, temporaryFolder } from '../helpers/gateway.js';
import { modelConfig } from '../helpers/models.js';
import { recordLog } from '../helpers/recorded-log.js';
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

test(`${req('P3-token-secret', 'P4-provider-words', 'P4-trace')} no log holds a message, a token or a key at any level, and no trace a token or a key`, async (t) => {
  const homeDir = temporaryFolder(t);
  const keyFile = join(homeDir, 'key');
  writeFileSync(keyFile, `${KEY}\n`, { mode: 0o600 });
  const provider = await rawProvider(
    t,
    refuses(400, {}, `Key ${KEY}, Bearer ${SECRET}: cannot take "${SAID} in a message"`),
  );
  const recorded = recordLog('trace');
  const under = await startTestGateway(t, {
    homeDir,
    log: recorded.log,
    config: modelConfig(
      { base_url: provider.baseUrl, api_key_file: keyFile },
      `[skills]\nbuilt_in = ["reminder.*"]\n[skills.mcp.hostile]\ncommand = ${JSON.stringify(process.execPath)}\n` +
        `args = ${JSON.stringify([HOSTILE, 'good', SECRET])}\nenv = ["API_KEY=${SECRET}"]\n`,
    ),
  });
  const watcher = await under.login({ client_id: 'watcher' });
  await watcher.call('system.trace', { enabled: true, verbose: true });
  const client = await under.login({ client_id: 'web' });
  await untilReady(client);

  // Messages, names and whatever else people write.
  const { message_id } = await client.call('chat.send', {
    message: `${SAID} in a message`,
    idempotency_key: `${SAID}-once`,
    metadata: { note: SAID },
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
  await watcher.frame(
    ({ method, params }) =>
      method === 'system.trace' && params.events.some(({ error }: Json) => error === -32700),
    'the last frame',
  );

  const log = recorded.text();
  assert.match(log, /answered 400/, 'the log has heard of the provider');
  for (const word of [SAID, SECRET, under.token, guest]) assert.ok(!log.includes(word), `${word} in ${log}`);
  // One event a line: each is one object.
  for (const line of recorded.lines()) assert.equal(typeof line.msg, 'string');
  const traced = JSON.stringify(watcher.notifications('system.trace'));
  assert.ok(traced.includes(SAID), 'bodies are there');
  for (const word of [SECRET, under.token, guest]) assert.ok(!traced.includes(word), word);
});
