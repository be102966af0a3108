/** What the gateway tells the service manager that has started it. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { resolveHome } from '../../../server/config/home.js';
import { Client } from '../../helpers/client.js';
import { ENDLESS, engine } from '../../helpers/engine.js';
import { atEnd, temporaryFolder } from '../../helpers/gateway.js';
import { GatewayProcess } from '../../helpers/process.js';
import { Manager, NO_MANAGER } from './manager.js';

const BLOCK = join(import.meta.dirname, 'block.js');
const WATCHDOG_MS = 400;
/** How long `block.ts` blocks, less what clocks differ by. */
const BLOCKED_MS = 1400;

interface Options {
  readonly config?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly nodeArgs?: readonly string[];
  /** `NOTIFY_SOCKET`, instead of a path. */
  readonly name?: string;
}

const start = async (t: TestContext, { config = engine(0), env = {}, nodeArgs = [], name }: Options = {}) => {
  const homeDir = temporaryFolder(t);
  const home = resolveHome({ OPENCLAW_HOME: homeDir });
  writeFileSync(home.configFile, config, { mode: 0o600 });
  const socket = name ?? join(homeDir, 'notify');
  const manager = await Manager.listen(t, socket);
  const gateway = new GatewayProcess(t, { homeDir, nodeArgs, env: { NOTIFY_SOCKET: socket, ...env } });
  const ready = await manager.heard('READY=1');
  const login = async (): Promise<Client> => {
    const client = new Client(`ws://127.0.0.1:${await gateway.port()}`);
    atEnd(t, () => client.terminate());
    await client.opened;
    const token = readFileSync(home.localTokenFile, 'utf8').trim();
    await client.call('auth.handshake', { client_id: 'c', client_version: '1', token });
    return client;
  };
  return { gateway, manager, ready, home, login };
};

test('it is ready once it listens, and says so itself', { skip: NO_MANAGER }, async (t) => {
  const { gateway, manager, ready, login } = await start(t);
  assert.equal(ready.pid, gateway.child.pid, 'as NotifyAccess=main wants it');
  assert.match(ready.text, /^READY=1\nSTATUS=0 clients at ws:\/\/127\.0\.0\.1:\d+; ready$/);
  assert.equal(ready.number, 0, 'nothing came before it');
  await login();
  assert.deepEqual(manager.notices.length, 1, 'nobody has asked for a watchdog');
});

test('a name in the abstract namespace is one', { skip: NO_MANAGER }, async (t) => {
  const { gateway, ready } = await start(t, { name: `@openclaw-test-${process.pid}` });
  assert.equal(ready.pid, gateway.child.pid);
});

test('a reload is told, whether it is taken or not, and its end', { skip: NO_MANAGER }, async (t) => {
  const { gateway, manager, ready, home } = await start(t);
  let { number } = ready;
  for (const text of ['[gateway]\nauth_timeout = 7\n', '[gateway]\nauth_timeuot = 7\n']) {
    writeFileSync(home.configFile, text);
    const askedUsec = process.hrtime.bigint() / 1000n;
    gateway.child.kill('SIGHUP');
    const reloading = await manager.heard('RELOADING=1', number + 1);
    const [, usec = '0'] = /^MONOTONIC_USEC=(\d+)$/m.exec(reloading.text) ?? [];
    assert.ok(BigInt(usec) >= askedUsec && BigInt(usec) <= process.hrtime.bigint() / 1000n, usec);
    const done = await manager.heard('READY=1', reloading.number + 1);
    number = done.number;
  }
  assert.equal(number, 4, 'ready, and twice a reload with its end');
});

test('a manager that does not read for a while hears everything, in order', {
  skip: NO_MANAGER,
}, async (t) => {
  const { manager, login } = await start(t);
  const client = await login();
  manager.pause();
  // More than the 10 datagrams that Linux keeps for a socket.
  for (let reloads = 0; reloads < 10; reloads += 1) await client.call('system.reload');
  manager.resume();
  const last = await manager.heard('READY=1', 20);
  assert.equal(last.number, 20);
  const kinds = manager.notices.map(({ text }) => text.split('\n')[0]);
  assert.deepEqual(kinds.slice(1), Array.from({ length: 10 }, () => ['RELOADING=1', 'READY=1']).flat());
});

test('its end is told before running replies are waited for, and how long that may take', {
  skip: NO_MANAGER,
}, async (t) => {
  const { gateway, manager, login } = await start(t, { config: engine(10, { drain_seconds: 100 }) });
  const client = await login();
  const { message_id } = await client.call('chat.send', { message: ENDLESS });
  await client.frame(({ method }) => method === 'chat.stream', 'chat.stream');
  gateway.child.kill('SIGTERM');
  const stopping = await manager.heard('STOPPING=1');
  assert.match(stopping.text, /^EXTEND_TIMEOUT_USEC=130000000$/m);
  assert.match(stopping.text, /^STATUS=Stopping: running replies have 100 s to end$/m);
  await client.call('chat.cancel', { message_id });
  assert.equal(await gateway.exited, 0);
  assert.equal(manager.notices.at(-1)?.text, stopping.text, 'nothing takes that back');
});

test('the watchdog is told at half of its time, and how many clients there are', {
  skip: NO_MANAGER,
}, async (t) => {
  const env = { WATCHDOG_USEC: String(WATCHDOG_MS * 1000) };
  const { manager, ready, login } = await start(t, { env });
  const first = await manager.heard('WATCHDOG=1');
  assert.ok(first.at_ms - ready.at_ms >= WATCHDOG_MS / 2 - 20, `${first.at_ms - ready.at_ms}`);
  await login();
  await manager.heard(/^STATUS=1 clients at /, first.number);
});

test('a watchdog that is meant for another process is not told', { skip: NO_MANAGER }, async (t) => {
  const env = { WATCHDOG_USEC: '1000', WATCHDOG_PID: '1' };
  const { gateway, manager, ready } = await start(t, { env });
  gateway.child.kill('SIGHUP');
  await manager.heard('READY=1', ready.number + 1);
  assert.ok(manager.notices.every(({ text }) => !text.includes('WATCHDOG')));
});

for (const [what, signal, workers] of [
  ['the main thread’s loop', 'SIGPWR', '1'],
  ['the core’s loop behind socket threads', 'SIGPWR', '2'],
  ['a socket thread’s loop', 'SIGWINCH', '2'],
] as const) {
  test(`the watchdog hears nothing while ${what} stands still`, { skip: NO_MANAGER }, async (t) => {
    const env = { WATCHDOG_USEC: String(WATCHDOG_MS * 1000), OPENCLAW_GATEWAY__WORKERS: workers };
    const { gateway, manager } = await start(t, { env, nodeArgs: ['--import', BLOCK] });
    const before = await manager.heard('WATCHDOG=1');
    gateway.child.kill(signal);
    let longestMs = 0;
    for (let last = before; longestMs < BLOCKED_MS; ) {
      const next = await manager.heard('WATCHDOG=1', last.number + 1);
      longestMs = Math.max(longestMs, next.at_ms - last.at_ms);
      last = next;
    }
    assert.ok(longestMs > WATCHDOG_MS, 'systemd would have ended it');
  });
}

test('a manager that nobody can reach is a warning, and no reason not to serve', {
  skip: NO_MANAGER,
}, async (t) => {
  for (const [name, sentence] of [
    [
      '/nowhere/notify',
      /"level":40,.*The service manager at \/nowhere\/notify cannot be told how the gateway is: ENOENT\./,
    ],
    ['vsock:2:1', /"level":40,.*NOTIFY_SOCKET must be an absolute path or @ with a name/],
  ] as const) {
    const gateway = new GatewayProcess(t, { homeDir: temporaryFolder(t), env: { NOTIFY_SOCKET: name } });
    await gateway.said(sentence);
    await gateway.port();
  }
});

test('without a manager nothing is loaded for one', { skip: NO_MANAGER }, async (t) => {
  const loaded = (gateway: GatewayProcess): boolean =>
    readFileSync(`/proc/${gateway.child.pid}/maps`, 'utf8').includes('koffi');
  const alone = new GatewayProcess(t, { homeDir: temporaryFolder(t) });
  await alone.port();
  assert.equal(loaded(alone), false);
  assert.equal(loaded((await start(t)).gateway), true);
});
