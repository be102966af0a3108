import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Worker } from 'node:worker_threads';
import Sqlite from 'better-sqlite3';
import { memoryContract } from './contract.js';
import { contents, diskDirectory, newMessage, replyEnd } from './contract-helpers.js';
import type { Commit } from './messages.js';
import type { MemoryPort } from './port.js';
import { openSqliteMemory } from './sqlite.js';

const fileIn = (dir: string): string => join(dir, 'openclaw.db');

memoryContract('SQLite', (dir) => openSqliteMemory({ path: fileIn(dir) }));

/** A file that already holds the schema, and `statements` on top of it. */
const prepared = async (t: TestContext, statements: string): Promise<string> => {
  const path = fileIn(await diskDirectory(t));
  await (await openSqliteMemory({ path })).close();
  const db = new Sqlite(path);
  db.exec(statements);
  db.close();
  return path;
};

const opened = async (t: TestContext, path: string): Promise<MemoryPort> => {
  const memory = await openSqliteMemory({ path });
  t.after(() => memory.close());
  await memory.openPrincipal('ada');
  return memory;
};

/** A trigger that makes the message `poison` do `action`, when its row is there and its reply's comes. */
const poison = (action: string): string =>
  `CREATE TRIGGER poison AFTER INSERT ON messages WHEN new.role = 'assistant' AND new.message_id = 'id-poison' BEGIN ${action}; END;`;

const storeThree = (memory: MemoryPort) =>
  Promise.allSettled(['before', 'poison', 'after'].map((content) => memory.addMessage(newMessage(content))));

test('the files are for their owner alone, whatever mode they had', async (t) => {
  const path = fileIn(await diskDirectory(t));
  writeFileSync(path, '', { mode: 0o644 });
  const umask = process.umask(0);
  t.after(() => process.umask(umask));
  const memory = await opened(t, path);
  await memory.addMessage(newMessage('hello'));
  const modes = ['', '-wal', '-shm'].map((suffix) => statSync(path + suffix).mode & 0o777);
  assert.deepEqual(modes, [0o600, 0o600, 0o600]);
});

test('closing leaves one file', async (t) => {
  const dir = await diskDirectory(t);
  const memory = await openSqliteMemory({ path: fileIn(dir) });
  await memory.openPrincipal('ada');
  await memory.close();
  assert.deepEqual(readdirSync(dir), ['openclaw.db']);
});

test('what a deleted channel held is in none of the files any more', async (t) => {
  const dir = await diskDirectory(t);
  const memory = await opened(t, fileIn(dir));
  const channel = { channelId: 'coding', name: 'coding', metadata: {}, createdAtMs: 0 };
  await memory.createChannel('ada', channel, 10);
  const secret = newMessage('swordfish', { channelId: 'coding', messageId: 'm' });
  await memory.addMessage(secret);
  const reply = { principal: 'ada', channelId: 'coding', messageId: 'm', seq: 2 };
  await memory.finishReply(reply, replyEnd(`${'swordfish '.repeat(2000)}.`));
  await memory.addMessage(newMessage('marker'));

  const holds = (word: string): boolean =>
    readdirSync(dir).some((name) => readFileSync(join(dir, name)).includes(word));
  assert.ok(holds('swordfish'));
  await memory.deleteChannel('ada', 'coding');
  // Erasing takes its first step before the next call, and this channel needs only one.
  await memory.listChannels('ada');
  assert.ok(holds('marker'));
  assert.ok(!holds('swordfish'));
});

test('what a summary said is in none of the files any more once its channel is deleted, or it is too old', async (t) => {
  const dir = await diskDirectory(t);
  const memory = await openSqliteMemory({ path: fileIn(dir) });
  t.after(() => memory.close());
  await memory.openPrincipal('ada');
  const holds = (word: string): boolean =>
    readdirSync(dir).some((name) => readFileSync(join(dir, name)).includes(word));
  const ask = { moreThan: 0, keepNewest: 0, maxTokens: 500, passOverBeforeMs: 0, nowMs: Date.now() };
  const summarized = async (channelId: string, createdAtMs: number): Promise<void> => {
    const message = newMessage('hello', { channelId, messageId: channelId, createdAtMs });
    await memory.addMessage(message);
    await memory.finishReply({ ...message, seq: 2 }, replyEnd('hi'));
    const step = await memory.nextToSummarize('ada', channelId, ask);
    assert.ok(step !== null);
    // A word that no message holds, so that it is the summary's alone.
    const written = { mark: step.mark, text: `The swordfish of ${channelId}.` };
    assert.equal((await memory.summarize('ada', channelId, ask, written)).stored, true);
  };
  await memory.createChannel('ada', { channelId: 'coding', name: '', metadata: {}, createdAtMs: 0 }, 10);
  await summarized('coding', ask.nowMs);
  await summarized('default', ask.nowMs - 10 * 24 * 60 * 60 * 1000);
  assert.ok(holds('swordfish of coding') && holds('swordfish of default'));
  await memory.deleteChannel('ada', 'coding');
  await memory.listChannels('ada');
  assert.ok(!holds('swordfish of coding') && holds('swordfish of default'));
  memory.setLimits({ retentionMs: 9 * 24 * 60 * 60 * 1000, maxChannelMessages: 0 });
  for (let at = 0; holds('swordfish'); at += 1) {
    assert.ok(at < 1000, 'it leaves in the steps behind the calls');
    await memory.addMessage(newMessage(`message ${at}`));
  }
});

test('whoever reads the file from outside holds nobody up, and what was erased leaves the files once he is done', async (t) => {
  const dir = await diskDirectory(t);
  const memory = await opened(t, fileIn(dir));
  const secret = newMessage('swordfish', { channelId: 'coding', messageId: 'm' });
  await memory.createChannel('ada', { channelId: 'coding', name: '', metadata: {}, createdAtMs: 0 }, 10);
  await memory.addMessage(secret);
  const holds = (word: string): boolean =>
    readdirSync(dir).some((name) => readFileSync(join(dir, name)).includes(word));
  const reader = new Sqlite(fileIn(dir));
  t.after(() => reader.close());
  reader.exec('BEGIN');
  reader.prepare('SELECT count(*) FROM messages').get();
  assert.equal(await memory.deleteChannel('ada', 'coding'), true);
  // Each of them would wait five seconds behind an attempt to empty the log.
  const startedMs = performance.now();
  for (let at = 0; at < 5; at += 1) await memory.addMessage(newMessage(`message ${at}`));
  assert.ok(performance.now() - startedMs < 20_000);
  assert.ok(holds('swordfish'));
  reader.exec('COMMIT');
  let at = 5;
  while (holds('swordfish')) {
    assert.ok(at < 200, 'it leaves with what is written next');
    await memory.addMessage(newMessage(`message ${at}`));
    at += 1;
  }
});

for (const [what, action] of [
  ['fails', 'ABORT'],
  ['takes the transaction with it', 'ROLLBACK'],
] as const) {
  test(`a call in a group that ${what} fails alone`, async (t) => {
    const memory = await opened(t, await prepared(t, poison(`SELECT raise(${action}, 'bad statement')`)));
    const [before, bad, after] = await storeThree(memory);
    assert.deepEqual(before, { status: 'fulfilled', value: { outcome: 'stored', seq: 1 } });
    assert.deepEqual(after, { status: 'fulfilled', value: { outcome: 'stored', seq: 3 } });
    assert.ok(bad?.status === 'rejected');
    assert.match(String(bad.reason), /^MemoryError: memory addMessage failed: bad statement/);
    assert.deepEqual(await contents(memory), ['before', '', 'after', '']);
  });
}

test('a commit that fails fails every write of the group and no read, and the next group goes on', async (t) => {
  const statements = `CREATE TABLE debt (id INTEGER PRIMARY KEY, owed INTEGER REFERENCES debt (id) DEFERRABLE INITIALLY DEFERRED);
    ${poison('INSERT INTO debt (owed) VALUES (99)')}`;
  const memory = await opened(t, await prepared(t, statements));
  const [stored, read] = await Promise.all([storeThree(memory), contents(memory)]);
  for (const { status } of stored) assert.equal(status, 'rejected');
  assert.deepEqual(read, []);
  await memory.addMessage(newMessage('next'));
  assert.deepEqual(await contents(memory), ['next', '']);
});

test('each transaction that writes is told of once, with its calls and before they are answered; what only reads is not', async (t) => {
  const path = fileIn(await diskDirectory(t));
  const commits: Commit[] = [];
  const memory = await openSqliteMemory({ path, onCommit: (commit) => commits.push(commit) });
  t.after(() => memory.close());
  await memory.openPrincipal('ada');
  const before = commits.length;
  await Promise.all(['one', 'two', 'three'].map((content) => memory.addMessage(newMessage(content))));
  const told = commits.slice(before);
  assert.deepEqual(
    told.map(({ calls }) => calls),
    [3],
    'what came in one turn is one transaction',
  );
  assert.ok(Number(told[0]?.durationMs) > 0);
  await contents(memory);
  assert.equal(commits.length, before + 1);
});

test('a call that cannot be copied to the thread fails alone', async (t) => {
  const memory = await opened(t, fileIn(await diskDirectory(t)));
  const outcomes = await Promise.allSettled([
    memory.addMessage(newMessage('before')),
    memory.addMessage(newMessage('bad', { metadata: { call: () => {} } })),
    memory.addMessage(newMessage('after')),
  ]);
  assert.deepEqual(
    outcomes.map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled'],
  );
  assert.deepEqual(await contents(memory), ['before', '', 'after', '']);
});

test('answers that are larger than a group come all, and in order', async (t) => {
  const memory = await opened(t, fileIn(await diskDirectory(t)));
  const large = 'x'.repeat(1024 * 1024);
  const pages = [];
  for (let i = 0; i < 8; i++) {
    void memory.addMessage(newMessage(large + i));
    pages.push(memory.history('ada', 'default', { before: null, limit: 3, maxBytes: 64 * 1024 * 1024 }));
  }
  for (const [i, page] of (await Promise.all(pages)).entries()) {
    assert.equal(page?.messages.at(-2)?.content, large + i);
  }
});

test('a thread that dies rejects what is pending and what follows, and says so once', async (t) => {
  const path = fileIn(await diskDirectory(t));
  const started = once(process, 'worker') as Promise<[Worker]>;
  const failures: Error[] = [];
  const memory = await openSqliteMemory({ path, onFailure: (error) => failures.push(error) });
  const [worker] = await started;
  const pending = assert.rejects(memory.openPrincipal('ada'), {
    name: 'MemoryError',
    message: /exit code 1/,
  });
  await worker.terminate();
  await pending;
  await assert.rejects(memory.openPrincipal('ada'), { name: 'MemoryError' });
  assert.deepEqual(
    failures.map(({ name }) => name),
    ['MemoryError'],
  );
  await memory.close();
});

test('every acknowledged message survives SIGKILL, once and in order', async (t) => {
  const path = fileIn(await diskDirectory(t));
  const program = fileURLToPath(new URL('./crash-writer.js', import.meta.url));
  const acknowledged: string[] = [];
  for (let round = 0; round < 3; round++) {
    const child = spawn(process.execPath, [program, path, `round${round}`], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const lines = createInterface({ input: child.stdout });
    let printed = 0;
    for await (const line of lines) {
      acknowledged.push(line);
      printed += 1;
      if (printed === 200 + 150 * round) child.kill('SIGKILL');
    }
    assert.ok(printed >= 200 && child.killed);

    const memory = await openSqliteMemory({ path });
    const stored: { messageId: string; role: string; finishReason?: string }[] = [];
    let before: number | null = null;
    for (let more = true; more; ) {
      const page = await memory.history('ada', 'default', { before, limit: 200, maxBytes: 1024 * 1024 });
      assert.ok(page !== null);
      stored.unshift(...page.messages);
      before = page.messages[0]?.seq ?? 0;
      more = page.hasMore;
    }
    await memory.close();
    const messages = stored.filter(({ role }) => role === 'user').map(({ messageId }) => messageId);
    assert.equal(new Set(messages).size, messages.length);
    const wasAcknowledged = new Set(acknowledged);
    const kept = messages.filter((id) => wasAcknowledged.has(id));
    assert.deepEqual(kept, acknowledged);
    assert.equal(stored.length, 2 * messages.length);
    assert.ok(stored.every(({ role, finishReason }) => role === 'user' || finishReason === 'interrupted'));
  }
});
