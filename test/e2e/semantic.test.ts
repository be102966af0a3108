/** `[memory.embeddings]`: memory.search and memory.recall by meaning, over a real socket and a real endpoint. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import Sqlite from 'better-sqlite3';
import { embeddingsServer } from '../../server/backends/memory/embeddings-endpoint.js';
import { StartError } from '../../server/gateway.js';
import type { Client } from '../helpers/client.js';
import { engine } from '../helpers/engine.js';
import { startTestGateway, temporaryFolder } from '../helpers/gateway.js';
import { recordLog } from '../helpers/recorded-log.js';
import { until } from '../helpers/system.js';
import { req } from './requirements.js';

const KEY = 'sk-e2e-swordfish';

const embeddings = (lines: Readonly<Record<string, string | number | boolean>>): string =>
  `${engine(0)}\n[memory.embeddings]\nenabled = true\nmodel = "words-1"\n${Object.entries(lines)
    .map(([name, value]) => `${name} = ${JSON.stringify(value)}`)
    .join('\n')}\n`;

const say = async (client: Client, message: string, channel = 'default'): Promise<void> => {
  await client.complete((await client.call('chat.send', { message, channel })).message_id);
};

const found = async (client: Client, query: string, channel = 'default'): Promise<readonly string[]> =>
  (await client.call('memory.search', { query, channel })).results.map(
    ({ content }: { readonly content: string }) => content,
  );

test(`${req('P4-semantic')} memory.search finds what means the same, and words alone where the endpoint fails`, async (t) => {
  const server = await embeddingsServer(t);
  const homeDir = temporaryFolder(t);
  const keyFile = join(homeDir, 'embeddings-key');
  writeFileSync(keyFile, `${KEY}\n`, { mode: 0o600 });
  const recorded = recordLog();
  const under = await startTestGateway(t, {
    homeDir,
    log: recorded.log,
    config: embeddings({ base_url: server.baseUrl, api_key_file: keyFile, timeout_seconds: 5 }),
  });
  const client = await under.login();
  const { channel_id } = await client.call('channel.create', { name: 'garage' });
  await say(client, 'the automobile is red', channel_id);
  await say(client, 'whales are large');
  await until(
    async () => (await found(client, 'car', channel_id)).includes('the automobile is red'),
    'the automobile is found',
  );
  assert.deepEqual(await found(client, 'car'), []);
  assert.ok(
    server.asked.length > 0 && server.asked.every(({ authorization }) => authorization === `Bearer ${KEY}`),
  );

  server.misbehave = (response) => void response.writeHead(401).end(`no such key: ${KEY}`);
  assert.deepEqual(await found(client, 'vehicle there', channel_id), []);
  assert.ok((await found(client, 'automobile', channel_id)).includes('the automobile is red'));
  await until(
    () => recorded.lines().some(({ msg }) => /^The embeddings endpoint .* 401/.test(msg)),
    'the log says so',
  );
  server.misbehave = null;

  await client.call('channel.delete', { channel_id });
  await say(client, 'still here');
  const warned = recorded.lines().filter(({ msg }) => /embeddings endpoint .* fails/.test(msg));
  assert.equal(warned.length, 1);

  const db = new Sqlite(under.home.databaseFile, { readonly: true });
  t.after(() => db.close());
  const left = db
    .prepare<[], string>(
      'SELECT DISTINCT channel_id FROM message_vectors LEFT JOIN channels ON channels.id = channel',
    )
    .pluck();
  // A vector of what is gone would stand there without a channel's id.
  await until(() => JSON.stringify(left.all()) === '["default"]', 'only the other channel has vectors');
  assert.ok(!recorded.text().includes(KEY));
  for (const name of readdirSync(homeDir)) {
    const path = join(homeDir, name);
    if (path === keyFile || !statSync(path).isFile()) continue;
    assert.ok(!readFileSync(path).includes(KEY), name);
  }
});

test(`${req('P4-semantic')} a gateway that cannot use embeddings as configured does not start, and says why`, async (t) => {
  const refused = async (config: string, sentence: RegExp): Promise<void> => {
    await assert.rejects(startTestGateway(t, { config }), (error: Error) => {
      assert.match(error.message, sentence);
      assert.ok(!error.message.includes('sk-'));
      return true;
    });
  };
  await refused(
    embeddings({}),
    /memory\.embeddings\.base_url must be set because memory\.embeddings\.enabled/,
  );
  await refused(
    embeddings({ base_url: 'http://10.0.0.1/v1' }),
    /memory\.embeddings\.base_url must begin with https:/,
  );
  await refused(
    embeddings({ base_url: 'https://me:sk-1@a/v1', api_key_env: 'sk-2' }),
    /base_url must be an http.* something else[\s\S]*api_key_env must be the name of an environment variable/,
  );
  await assert.rejects(
    startTestGateway(t, {
      config: embeddings({ base_url: 'http://127.0.0.1:1/v1', api_key_env: 'OPENCLAW_NO_KEY' }),
    }),
    (error) =>
      error instanceof StartError && /the variable OPENCLAW_NO_KEY, which is not set/.test(error.message),
  );
});
