/** Long channels: summarized while the gateway serves, and nothing of them lost for it. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import Sqlite from 'better-sqlite3';
import { openSqliteMemory } from '../../server/backends/memory/sqlite.js';
import type { Client, Json } from '../helpers/client.js';
import { ENDLESS, engine } from '../helpers/engine.js';
import { type GatewayUnderTest, startTestGateway } from '../helpers/gateway.js';
import { until } from '../helpers/system.js';
import { req } from './requirements.js';

const say = async (client: Client, message: string, channel = 'default'): Promise<Json> => {
  const { message_id } = await client.call('chat.send', { message, channel });
  return client.complete(message_id);
};

const SUBJECTS = ['whales', 'bridges', 'violins', 'glaciers', 'compilers', 'orchids', 'lanterns', 'tides'];
const remark = (at: number): string =>
  `My opinion of ${SUBJECTS[at % SUBJECTS.length]} has changed ${at} times.`;

interface Row {
  readonly upto: number;
  readonly source: string;
  readonly content: string;
}

/** The summary of a channel, as it is on the disk. */
const summaryOf = ({ home }: GatewayUnderTest, channel = 'default'): Row | undefined => {
  const db = new Sqlite(home.databaseFile, { readonly: true });
  try {
    return db
      .prepare<[string], Row>(
        `SELECT upto_seq AS upto, source, content FROM summaries JOIN channels ON channels.id = summaries.channel
         WHERE channel_id = ?`,
      )
      .get(channel);
  } finally {
    db.close();
  }
};

const compacting = (messages: number): string =>
  engine(0, {}, `[memory]\ncompact_after_messages = ${messages}\nrecall_tokens = 400\n`);

test(`${req('P4-history', 'T-channel-persistence', 'T-channel-isolation')} a long channel gets a summary row, another none, and history stays whole`, async (t) => {
  const under = await startTestGateway(t, { config: compacting(20) });
  const client = await under.login();
  const { channel_id } = await client.call('channel.create');
  for (let at = 0; at < 10; at += 1) await say(client, remark(at));
  await say(client, 'Something else.', channel_id);
  assert.equal(summaryOf(under), undefined, '20 messages are not more than 20');
  for (let at = 10; at < 40; at += 1) await say(client, remark(at));
  await until(() => (summaryOf(under)?.upto ?? 0) > 40, 'a summary that follows the channel');
  assert.equal(summaryOf(under, channel_id), undefined);

  const { messages, has_more } = await client.call('chat.history', { limit: 200 });
  assert.equal(has_more, false);
  assert.deepEqual(
    messages.map(({ seq }: Json) => seq),
    Array.from({ length: 80 }, (_, at) => at + 1),
  );
  assert.deepEqual(
    messages.filter(({ role }: Json) => role === 'user').map(({ content }: Json) => content),
    Array.from({ length: 40 }, (_, at) => remark(at)),
  );

  // What a model gets to see, asked of the store itself once the gateway is gone.
  await under.gateway.close();
  const row = summaryOf(under);
  assert.equal(row?.source, 'sentences');
  const memory = await openSqliteMemory({ path: under.home.databaseFile });
  t.after(() => memory.close());
  const ask = { query: 'What of my opinion of glaciers?', beforeSeq: 81, maxTokens: 400 };
  const recalled = await memory.recall('local', 'default', ask);
  const turns = recalled.slice(0, -1);
  assert.deepEqual(recalled.at(-1), { seq: row.upto, role: 'summary', content: row.content });
  assert.ok(turns.length > 3 && turns.every(({ role }) => role !== 'summary'));
  const seqs = turns.map(({ seq }) => seq);
  assert.deepEqual(
    seqs,
    [...new Set(seqs)].sort((a, b) => b - a),
  );
  assert.equal(seqs[0], 80);
  const tokens = recalled.reduce((sum, { content }) => sum + Math.ceil(Buffer.byteLength(content) / 4), 0);
  assert.ok(tokens <= 400, `${tokens} tokens`);
  for (const line of row.content.split('\n')) assert.match(line, /^(user|assistant): /);
});

test(`${req('T-channel-persistence')} a channel from before grows its summary after a restart, with a limit that a reload has lowered`, async (t) => {
  const under = await startTestGateway(t, { config: compacting(1000) });
  const client = await under.login();
  for (let at = 0; at < 12; at += 1) await say(client, remark(at));
  assert.equal(summaryOf(under), undefined);
  writeFileSync(under.home.configFile, compacting(8));
  await client.call('system.reload');
  await say(client, remark(12));
  await until(() => summaryOf(under) !== undefined, 'a summary after the reload');
  const before = summaryOf(under)?.upto ?? 0;
  const again = await (await under.restart()).login();
  for (let at = 13; at < 20; at += 1) await say(again, remark(at));
  await until(() => (summaryOf(under)?.upto ?? 0) > before, 'a summary after the restart');
});

test(`${req('T-channel-isolation')} what a summary said is gone from the disk with its channel`, async (t) => {
  const under = await startTestGateway(t, { config: compacting(4) });
  const client = await under.login();
  const { channel_id } = await client.call('channel.create');
  for (let at = 0; at < 6; at += 1) await say(client, `${remark(at)} Swordfish know.`, channel_id);
  await until(() => summaryOf(under, channel_id) !== undefined, 'a summary');
  await client.call('channel.delete', { channel_id });
  const files = (): string[] => readdirSync(under.home.dir).filter((name) => name.startsWith('openclaw.db'));
  await until(
    () => files().every((name) => !/swordfish/i.test(readFileSync(join(under.home.dir, name), 'latin1'))),
    'no word of it left',
  );
});

test('a gateway that is told to stop does not wait for summaries', async (t) => {
  const under = await startTestGateway(t, { config: compacting(2) });
  const client = await under.login();
  for (let at = 0; at < 30; at += 1)
    await client.call('chat.send', { message: `${remark(at)} ${ENDLESS.slice(0, 20_000)}` });
  await under.gateway.close();
  const memory = await openSqliteMemory({ path: under.home.databaseFile });
  t.after(() => memory.close());
  assert.equal((await memory.check()).problems.length, 0);
});
