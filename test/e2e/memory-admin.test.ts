/** `memory.stats`, `.backup`, `.export`, `.import`, `.vacuum` and `.check` of a gateway that serves (protocol section 4). */
import assert from 'node:assert/strict';
import {
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import Sqlite from 'better-sqlite3';
import type { Client, Json } from '../helpers/client.js';
import { ENDLESS, engine } from '../helpers/engine.js';
import { startTestGateway, temporaryFolder } from '../helpers/gateway.js';
import { until } from '../helpers/system.js';
import { addToken } from '../helpers/tokens.js';
import { req } from './requirements.js';

/** Sends a message and waits for the end of its reply. */
const say = async (client: Client, message: string, channel = 'default'): Promise<void> => {
  await client.complete((await client.call('chat.send', { message, channel })).message_id);
};

/** Every page of an export. */
const exportAll = async (client: Client, params: object = {}): Promise<string[]> => {
  const lines: string[] = [];
  for (let after: object = {}; ; ) {
    const page = await client.call('memory.export', { ...params, ...after });
    lines.push(...page.lines);
    if (page.next === null) return lines;
    after = { after: page.next };
  }
};

test(`${req('P4-memory-admin')} none of it can be called without the scope admin, memory alone included`, async (t) => {
  const under = await startTestGateway(t, { config: engine(0) });
  const client = await under.login({ token: await addToken(under, { principal: 'local' }) });
  for (const [method, params] of [
    ['memory.stats', {}],
    ['memory.backup', {}],
    ['memory.export', {}],
    ['memory.import', { lines: ['{}'] }],
    ['memory.vacuum', {}],
    ['memory.check', {}],
  ] as const) {
    const { error } = await client.request(method, params);
    assert.deepEqual([error?.code, error?.data], [4012, { scope: 'admin' }], method);
  }
  assert.ok(!existsSync(join(under.home.dir, 'backups')));
});

test(`${req('P4-memory-admin')} stats counts what is there, and check finds it sound`, async (t) => {
  const under = await startTestGateway(t, { config: engine(0) });
  const client = await under.login();
  await client.call('channel.create', { name: 'coding' });
  await say(client, 'hello');
  const running = await client.call('chat.send', { message: 'more' });
  await client.complete(running.message_id);
  const stats = await client.call('memory.stats');
  assert.deepEqual(
    [stats.principals, stats.channels, stats.messages, stats.open_replies, stats.notifications],
    [1, 2, 4, 0, 0],
  );
  assert.ok(Date.parse(stats.oldest_message_at) <= Date.parse(stats.newest_message_at));
  assert.ok(stats.database_bytes + stats.log_bytes > 0);
  const check = await client.call('memory.check');
  assert.deepEqual([check.ok, check.problems], [true, []]);
});

test(`${req('P4-memory-admin')} a backup of a gateway under load is one moment of it, sound and private, and nobody waits`, async (t) => {
  const under = await startTestGateway(t, { config: engine(0) });
  const client = await under.login();
  const other = await under.login();
  const filler = 'x'.repeat(200_000);
  for (let at = 0; at < 30; at++) await say(client, `${filler} ${at}`);
  let sent = 0;
  let done = false;
  const writing = (async () => {
    // Each is durable before the next: its number says how many are.
    for (; !done; sent++) await say(other, `numbered ${sent}`);
  })();
  const sentBefore = sent;
  const backup = await client.call('memory.backup', { name: 'loaded.db' });
  const sentAfter = sent;
  done = true;
  await writing;
  assert.equal(backup.path, join(under.home.dir, 'backups', 'loaded.db'));
  assert.equal(statSync(backup.path).mode & 0o777, 0o600);
  assert.equal(statSync(join(under.home.dir, 'backups')).mode & 0o777, 0o700);
  assert.equal(statSync(backup.path).size, backup.bytes);
  assert.deepEqual(
    readdirSync(join(under.home.dir, 'backups')),
    ['loaded.db'],
    'one file, nothing beside it',
  );
  const db = new Sqlite(backup.path, { readonly: true });
  t.after(() => db.close());
  assert.equal(db.pragma('integrity_check', { simple: true }), 'ok');
  assert.equal(db.prepare('SELECT count(*) FROM messages').pluck().get(), backup.messages);
  const seqs = db.prepare<[], number>('SELECT seq FROM messages ORDER BY seq').pluck().all();
  assert.deepEqual(
    seqs,
    Array.from({ length: backup.messages }, (_, at) => at + 1),
    'without a gap',
  );
  const numbered = (backup.messages - 60) / 2;
  assert.ok(
    numbered >= sentBefore && numbered <= sentAfter + 1,
    `${sentBefore} ≤ ${numbered} ≤ ${sentAfter} + 1`,
  );
  assert.ok(sentAfter > sentBefore, 'messages were answered meanwhile');
});

test(`${req('P4-memory-admin')} a gateway started on a backup has everything in it`, async (t) => {
  const under = await startTestGateway(t, { config: engine(0) });
  const client = await under.login();
  await say(client, 'swordfish');
  const { path } = await client.call('memory.backup');
  assert.match(path, /\/backups\/openclaw-\d{4}-\d\d-\d\dT\d{6}\.\d{3}Z\.db$/);
  const homeDir = temporaryFolder(t);
  copyFileSync(path, join(homeDir, 'openclaw.db'));
  const restored = await (await startTestGateway(t, { homeDir, config: engine(0) })).login();
  assert.deepEqual(await restored.call('chat.history'), await client.call('chat.history'));
  assert.equal((await restored.call('memory.search', { query: 'swordfish' })).results.length, 2);
});

test(`${req('P4-memory-admin')} a backup goes nowhere but into the gateway’s own directory, and over no other`, async (t) => {
  const under = await startTestGateway(t, { config: engine(0) });
  const client = await under.login();
  for (const name of [
    '../x',
    '/tmp/x',
    'a/b',
    '..',
    '.',
    '.hidden',
    '',
    'a\0b',
    'x'.repeat(101),
    'C:\\x',
    '-x',
  ]) {
    const { error } = await client.request('memory.backup', { name });
    assert.deepEqual([error?.code, error?.data.errors[0].path], [-32602, '/name'], name);
  }
  const { error } = await client.request('memory.backup', { path: '/tmp/x' });
  assert.equal(error?.code, -32602);
  await client.call('memory.backup', { name: 'a.db' });
  const before = readFileSync(join(under.home.dir, 'backups', 'a.db'));
  // A link that leads elsewhere is a name that is taken.
  const victim = join(under.home.dir, 'victim');
  writeFileSync(victim, 'precious');
  symlinkSync(victim, join(under.home.dir, 'backups', 'link.db'));
  await say(client, 'more');
  for (const name of ['a.db', 'link.db']) {
    const refused = await client.request('memory.backup', { name });
    assert.equal(refused.error?.code, -32600);
    assert.match(refused.error?.data.reason, /already/);
  }
  assert.deepEqual(readFileSync(join(under.home.dir, 'backups', 'a.db')), before);
  const replaced = await client.call('memory.backup', { name: 'link.db', replace: true });
  assert.equal(replaced.messages, 2);
  assert.equal(readFileSync(victim, 'utf8'), 'precious');
});

test(`${req('P4-memory-admin')} an export goes into a gateway that serves, and those connected see it at once`, async (t) => {
  const from = await startTestGateway(t, { config: engine(0) });
  const source = await from.login();
  const { channel_id } = await source.call('channel.create', { name: 'coding', metadata: { a: [1] } });
  await say(source, 'a cat named Swordfish', channel_id);
  await say(source, 'and a dog', channel_id);
  const lines = await exportAll(source, { channel: channel_id });

  const to = await startTestGateway(t, { config: engine(0) });
  const client = await to.login();
  const watcher = await to.login();
  const outcome = await client.call('memory.import', { lines });
  assert.deepEqual(outcome, { imported: 5, skipped: 0, errors: [] });
  const { params } = await watcher.frame(({ method }) => method === 'channel.changed', 'channel.changed');
  assert.deepEqual(
    [params.change, params.channel_id, params.channel.name],
    ['created', channel_id, 'coding'],
  );
  const asked = { channel: channel_id };
  assert.deepEqual(await watcher.call('chat.history', asked), await source.call('chat.history', asked));
  const found = await watcher.call('memory.search', { query: 'swordfish', channel: channel_id });
  assert.ok(found.results.length > 0);
  const sent = await watcher.call('chat.send', { message: 'what is it called?', channel: channel_id });
  assert.equal(sent.seq, 5);
  await watcher.complete(sent.message_id);
  assert.ok(watcher.streamed(sent.message_id).includes('Swordfish'), 'what was imported is recalled');
  assert.deepEqual(await client.call('memory.import', { lines }), { imported: 0, skipped: 5, errors: [] });
});

test(`${req('P4-memory-admin')} bad lines of a large import are told by their numbers, and the others are stored`, async (t) => {
  const under = await startTestGateway(t, { config: engine(0) });
  const client = await under.login();
  const line = (seq: number, change: object = {}) =>
    JSON.stringify({
      type: 'message',
      principal: 'local',
      channel: 'default',
      seq,
      message_id: `m${seq}`,
      role: 'user',
      created_at: '2026-03-20T10:15:23.000Z',
      content: 'x',
      ...change,
    });
  const lines = Array.from({ length: 1000 }, (_, at) => line(at + 1, at % 300 === 299 ? { content: 1 } : {}));
  const { imported, errors } = await client.call('memory.import', { lines });
  assert.deepEqual(
    [imported, errors],
    [997, [300, 600, 900].map((bad) => ({ line: bad, message: 'content is not a string' }))],
  );
  const { messages } = await client.call('chat.history', { before: 302, limit: 3 });
  assert.deepEqual(
    messages.map(({ seq }: Json) => seq),
    [298, 299, 301],
  );
  const { error } = await client.request('memory.import', { lines: [...lines, line(1001)] });
  assert.deepEqual([error?.code, error?.data.errors[0].path], [-32602, '/lines']);
});

test(`${req('P4-memory-admin')} an export in pages tells everyone’s messages once while they are written`, async (t) => {
  const under = await startTestGateway(t, { config: engine(0) });
  const client = await under.login();
  const ada = await under.login({ token: await addToken(under, { principal: 'ada' }) });
  for (let at = 0; at < 5; at++) {
    await say(client, `local ${at}`);
    await say(ada, `ada ${at}`);
  }
  const before = await exportAll(client);
  let done = false;
  const writing = (async () => {
    for (let at = 0; !done; at++) await say(ada, `meanwhile ${at}`);
  })();
  const paged = await exportAll(client, { limit: 2 });
  done = true;
  await writing;
  assert.equal(new Set(paged).size, paged.length);
  assert.deepEqual(
    before.filter((line) => !paged.includes(line)),
    [],
  );
  const ofAda = (await exportAll(client, { principal: 'ada' })).map((line) => JSON.parse(line));
  assert.ok(ofAda.slice(1).every(({ principal }: Json) => principal === 'ada'));
  const { error } = await client.request('memory.export', { after: 'made.up' });
  assert.deepEqual([error?.code, error?.data.errors[0].path], [-32602, '/after']);
});

test(`${req('P4-memory-admin')} a page holds at most 1 MiB, or one line`, async (t) => {
  const under = await startTestGateway(t, { config: engine(0) });
  const client = await under.login();
  // Control characters grow most: one byte of text is seven of a page.
  for (let at = 0; at < 4; at++) await say(client, '\u0001'.repeat(40_000));
  let pages = 0;
  for (let after: object = {}; ; pages++) {
    const page = await client.call('memory.export', after);
    const bytes = Buffer.byteLength(JSON.stringify(page.lines));
    assert.ok(
      bytes <= 1024 * 1024 || page.lines.length === 1,
      `${bytes} bytes in ${page.lines.length} lines`,
    );
    if (page.next === null) break;
    after = { after: page.next };
  }
  assert.ok(pages >= 2);
});

test(`${req('P4-memory-admin')} what was deleted is given back to the system while messages are stored`, async (t) => {
  const under = await startTestGateway(t, { config: engine(0) });
  const client = await under.login();
  const { channel_id } = await client.call('channel.create');
  for (let at = 0; at < 10; at++) await say(client, `${'word '.repeat(20_000)} ${at}`, channel_id);
  const before = await client.call('memory.stats');
  await client.call('channel.delete', { channel_id });
  const erased = async () => {
    const { database_bytes, free_bytes } = await client.call('memory.stats');
    return database_bytes - free_bytes < before.database_bytes / 4;
  };
  await until(erased, 'erased');
  const [vacuum] = await Promise.all([client.call('memory.vacuum'), say(client, 'meanwhile')]);
  assert.ok(vacuum.database_bytes < before.database_bytes / 2);
  const after = await client.call('memory.stats');
  assert.ok(after.free_bytes < before.database_bytes / 10);
  assert.equal((await client.call('memory.check')).ok, true);
  assert.equal((await client.call('chat.history')).messages.length, 2);
});

test(`${req('P4-memory-admin')} check tells damage apart, and running replies from forgotten ones`, async (t) => {
  const under = await startTestGateway(t, { config: engine(20) });
  const client = await under.login();
  const { message_id } = await client.call('chat.send', { message: ENDLESS });
  await client.next(({ method }) => method === 'chat.stream', 'chat.stream');
  const db = new Sqlite(under.home.databaseFile);
  t.after(() => db.close());
  const age = (id: string) =>
    db.prepare('UPDATE messages SET created_at_ms = created_at_ms - 120000 WHERE message_id = ?').run(id);
  age(message_id);
  assert.deepEqual((await client.call('memory.check')).problems, []);
  await client.call('chat.cancel', { message_id });
  await client.complete(message_id);
  db.exec('DROP TRIGGER index_reply');
  db.prepare("UPDATE messages SET finish_reason = NULL, message_id = 'stray' WHERE role = 'assistant'").run();
  const { ok, problems } = await client.call('memory.check');
  assert.equal(ok, false);
  const kinds = problems.map(({ check }: Json) => check);
  // Opening a reply again by hand leaves its words in the index, too.
  assert.deepEqual(kinds, ['index', 'open_replies']);
  assert.match(problems[1].message, /^1 reply stands open/);
  for (const { advice } of problems) assert.match(advice, /gateway/);
});
