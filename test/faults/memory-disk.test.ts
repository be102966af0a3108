/** The disk fails under a gateway at work: every call is told the truth, the rest goes on, and it recovers by itself. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, openSync, renameSync, statSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import Sqlite from 'better-sqlite3';
import type { Json } from '../helpers/client.js';
import { ENDLESS, engine } from '../helpers/engine.js';
import { atEnd, temporaryFolder } from '../helpers/gateway.js';
import { type KillableGateway, startGatewayProcess } from '../helpers/gateway-process.js';
import { NO_PROC, until } from '../helpers/system.js';

const KIB = 1024;
/** Some of them fit what is left where a disk is nearly full. */
const LARGE = `${'m'.repeat(1023)} `.repeat(128);

const succeeds = (command: string, ...args: readonly string[]): boolean =>
  spawnSync(command, args, { stdio: 'ignore' }).status === 0;

interface Fault {
  readonly homeDir: string;
  readonly begin: (under: KillableGateway) => void;
  readonly mend: (under: KillableGateway) => void;
  /** What the log must say. */
  readonly cause: RegExp;
}

/** The log's line about a trace id. */
const logged = ({ process }: KillableGateway, traceId: string): Json => {
  const line = process.stdout.split('\n').find((text) => text.includes(traceId));
  return line === undefined ? null : JSON.parse(line);
};

const surviveFault = async (t: TestContext, { homeDir, begin, mend, cause }: Fault): Promise<void> => {
  const under = await startGatewayProcess(t, { homeDir, config: engine(20) });
  const client = await under.login();
  const acknowledged: string[] = [];
  let at = 0;
  /** The error of a message that is not taken. */
  const send = async (): Promise<Json> => {
    const message = `${at++} ${LARGE}`;
    const { error } = await client.request('chat.send', { message });
    if (error === undefined) acknowledged.push(message);
    return error;
  };
  const { channel_id: channel } = await client.call('channel.create');
  const running = await client.call('chat.send', { message: ENDLESS, channel });
  assert.equal(await send(), undefined);

  begin(under);
  let error: Json;
  for (let tries = 0; error === undefined && tries < 400; tries += 1) error = await send();
  assert.deepEqual(error, {
    code: -32603,
    message: 'Internal error',
    data: { trace_id: error?.data?.trace_id },
  });
  await until(() => logged(under, error.data.trace_id) !== null, 'a line of the log');
  const line = logged(under, error.data.trace_id);
  assert.equal(line.method, 'chat.send');
  assert.match(line.error, cause);

  // Whoever operates the gateway hears of it, though nothing can be stored.
  const alerted = ({ method, params }: Json): boolean =>
    method === 'heartbeat.ping' &&
    params.notifications.some(
      ({ type, msg }: Json) =>
        type === 'alert' && /^The store fails, and messages are refused: The database /.test(msg),
    );
  await client.frame(alerted, 'an alert');

  // The rest goes on: what needs no store, what only reads it, who comes new, and what is being said.
  await client.call('system.ping');
  const during = await client.call('chat.history', { limit: 1 });
  assert.equal(during.messages.length, 1);
  const other = await under.login();
  await other.call('chat.history', { channel, limit: 1 });
  const chunk = ({ method, params }: Json): boolean =>
    method === 'chat.stream' && params.message_id === running.message_id;
  await client.next(chunk, 'chat.stream');
  // A reply that ends meanwhile is told its end; the store hears of it later.
  const cut = await client.call('chat.cancel', { message_id: running.message_id });
  assert.deepEqual(cut, { cancelled: true });
  const complete = await client.complete(running.message_id);
  assert.equal(complete.finish_reason, 'cancelled');
  assert.equal((await send())?.code, -32603);

  mend(under);
  await until(async () => (await send()) === undefined, 'the store takes a message again');
  await until(async () => {
    const { messages } = await client.call('chat.history', { channel });
    return messages[1]?.finish_reason === 'cancelled';
  }, 'the end of the reply is stored');
  const { messages } = await client.call('chat.history', { channel });
  assert.equal(messages[1].content, client.streamed(running.message_id));

  const stored: string[] = [];
  for (let before: number | undefined, more = true; more; ) {
    const page: Json = await client.call('chat.history', before === undefined ? {} : { before });
    stored.unshift(
      ...page.messages
        .filter(({ role }: Json) => role === 'user')
        .map(({ content }: Json) => content as string),
    );
    before = page.messages[0]?.seq;
    more = page.has_more;
  }
  assert.deepEqual(
    stored.map((text) => text.slice(0, 8)),
    acknowledged.map((text) => text.slice(0, 8)),
  );
};

const walBytes = (homeDir: string): number => statSync(join(homeDir, 'openclaw.db-wal')).size;

/** A test's `skip`: false where this process may mount. */
const noMount = (): string | false => {
  if (succeeds('unshare', '--mount', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt')) return false;
  return 'needs the right to mount';
};

test('the disk is full', { skip: noMount(), timeout: 120_000 }, async (t) => {
  const homeDir = temporaryFolder(t);
  assert.ok(succeeds('mount', '-t', 'tmpfs', '-o', 'size=24m,mode=0700', 'tmpfs', homeDir));
  atEnd(t, () => assert.ok(succeeds('umount', homeDir)));
  const filler = join(homeDir, 'filler');
  await surviveFault(t, {
    homeDir,
    begin: () => {
      const file = openSync(filler, 'w');
      const block = Buffer.alloc(4 * KIB);
      assert.throws(
        () => {
          for (;;) writeSync(file, block);
        },
        { code: 'ENOSPC' },
      );
      closeSync(file);
    },
    mend: () => unlinkSync(filler),
    cause: /^MemoryError: memory addMessage failed: the disk is full, make room \(.*SQLITE_\w+\)$/,
  });
});

test('the system lets no file grow', {
  skip: NO_PROC || (succeeds('prlimit', '--version') ? false : 'needs prlimit'),
  timeout: 120_000,
}, async (t) => {
  const homeDir = temporaryFolder(t);
  const limit = (under: KillableGateway, bytes: string): void =>
    assert.ok(succeeds('prlimit', '--pid', `${under.process.child.pid}`, `--fsize=${bytes}:`));
  await surviveFault(t, {
    homeDir,
    begin: (under) => limit(under, `${walBytes(homeDir)}`),
    mend: (under) => limit(under, 'unlimited'),
    cause:
      /addMessage failed: the disk refuses .* system’s log, .* limit of file sizes \(SQLITE_IOERR_WRITE\)$/,
  });
});

/** A test's `skip`: false where files can be made immutable, which binds root, too. */
const noChattr = (): string | false => {
  if (process.platform !== 'linux') return 'needs chattr of Linux';
  const probe = join(import.meta.dirname, `immutable-${process.pid}`);
  closeSync(openSync(probe, 'w'));
  const may = succeeds('chattr', '+i', probe) && succeeds('chattr', '-i', probe);
  unlinkSync(probe);
  return may ? false : 'needs the right to make a file immutable';
};

test('the files can no longer be written', { skip: noChattr(), timeout: 120_000 }, async (t) => {
  const homeDir = temporaryFolder(t);
  const mark = (how: string): void =>
    assert.ok(succeeds('chattr', how, join(homeDir, 'openclaw.db'), join(homeDir, 'openclaw.db-wal')));
  atEnd(t, () => mark('-i'));
  await surviveFault(t, {
    homeDir,
    begin: () => mark('+i'),
    mend: () => mark('-i'),
    cause: /addMessage failed: it belongs to another user or is marked immutable, .* \(EPERM, SQLITE_\w+\)$/,
  });
});

test('another program holds the lock', { timeout: 120_000 }, async (t) => {
  const homeDir = temporaryFolder(t);
  let other: Sqlite.Database | undefined;
  atEnd(t, () => other?.close());
  await surviveFault(t, {
    homeDir,
    begin: () => {
      other = new Sqlite(join(homeDir, 'openclaw.db'));
      other.exec('BEGIN EXCLUSIVE');
    },
    mend: () => other?.exec('ROLLBACK'),
    cause: /addMessage failed: another program holds its lock, end that one \(SQLITE_BUSY\)$/,
  });
});

test('the file is moved away', { timeout: 120_000 }, async (t) => {
  const homeDir = temporaryFolder(t);
  const file = join(homeDir, 'openclaw.db');
  await surviveFault(t, {
    homeDir,
    begin: () => renameSync(file, `${file}.away`),
    mend: () => renameSync(`${file}.away`, file),
    cause:
      /addMessage failed: its file was moved, deleted or replaced, put it back or restart the gateway \(MOVED\)$/,
  });
});
