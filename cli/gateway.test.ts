import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { connect } from '../client/node.js';
import { openHome } from './recorded-terminal.js';

const MAIN = fileURLToPath(new URL('./main.js', import.meta.url));

/** Whatever port is free, for clients and for operators. */
const ANY_PORT = { OPENCLAW_GATEWAY__PORT: '0', OPENCLAW_METRICS__PORT: '0' };

/** Resolves with everything a stream has said as soon as that matches. */
const heard = (stream: NodeJS.ReadableStream | null, expected: RegExp): Promise<RegExpExecArray> =>
  new Promise((resolve, reject) => {
    let text = '';
    stream?.on('data', (data) => {
      text += String(data);
      const match = expected.exec(text);
      if (match !== null) resolve(match);
    });
    stream?.on('end', () => reject(new Error(`It ended without ${expected}: ${text}`)));
  });

const start = async (t: TestContext, home: string, env: Readonly<Record<string, string>> = {}) => {
  const child: ChildProcess = spawn(process.execPath, [MAIN, 'gateway'], {
    env: { ...ANY_PORT, OPENCLAW_HOME: home, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  t.after(() => child.kill('SIGKILL'));
  const exited = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  const [, url = ''] = await heard(child.stdout, /"msg":"OpenClaw gateway \S+ listens at (\S+?), /);
  return { child, exited, url };
};

test('a gateway starts, is found by commands, and ends with 0 when told to', async (t) => {
  const { home, run } = openHome(t);
  const { child, exited, url } = await start(t, home);
  assert.equal((JSON.parse(readFileSync(join(home, 'gateway.json'), 'utf8')) as { url: string }).url, url);
  const reply = await run(['chat', 'Hello there']);
  assert.deepEqual([reply.status, reply.stderr], [0, '']);
  assert.match(reply.stdout, /Hello there/);
  const created = await run(['channel', 'create', 'writing']);
  const channels = JSON.parse((await run(['channel', 'list', '--json'])).stdout) as { channel_id: string }[];
  assert.ok(channels.some(({ channel_id }) => channel_id === created.stdout.trim()));
  child.kill('SIGTERM');
  assert.deepEqual(await exited, [0, null]);
  assert.equal(existsSync(join(home, 'gateway.json')), false);
});

test('a revoked token’s connection is closed within a second', async (t) => {
  const { home, run } = openHome(t);
  const { url } = await start(t, home);
  const token = (await run(['token', 'create', '--name', 'guest', '--scopes', 'chat'])).stdout.trim();
  const client = await connect({ url, token, clientId: 'guest' });
  assert.deepEqual(client.session.scopes, ['chat']);
  assert.equal((await run(['token', 'revoke', 'guest'])).status, 0);
  const revokedAtMs = performance.now();
  assert.deepEqual(await client.closed, { code: 4001, reason: 'Token revoked', retry: 'never-unchanged' });
  assert.ok(performance.now() - revokedAtMs < 1000);
});

test('a second signal does not wait for a reply that is running', async (t) => {
  const { home, run } = openHome(t);
  const { child, exited } = await start(t, home, { OPENCLAW_REASONING__EMBEDDED__CHUNK_DELAY_MS: '60000' });
  const chatting = run(['chat', 'Hello there'], {
    onOutput: (stdout) => {
      // Once: the line end behind the cut reply is output too.
      if (!stdout.endsWith('\n')) child.kill('SIGTERM');
    },
  });
  await heard(child.stderr, /^Stopping when running replies have ended/m);
  child.kill('SIGTERM');
  assert.deepEqual(await exited, [0, null]);
  assert.equal((await chatting).status, 1);
});

test('SIGHUP says what it took over, what needs a restart, and what is wrong', async (t) => {
  const { home } = openHome(t);
  const { child } = await start(t, home);
  const reload = async (config: string, expected: RegExp) => {
    writeFileSync(join(home, 'config.toml'), config);
    const said = heard(child.stdout, expected);
    child.kill('SIGHUP');
    await said;
  };
  await reload(
    '[gateway]\nauth_timeout = 7\nhost = "::1"\n',
    /"changed":\["gateway\.auth_timeout"\],"needs_restart":\["gateway\.host"\],"msg":"Reloaded: gateway\.auth_timeout\. Needs a restart: gateway\.host\."\}\n$/m,
  );
  await reload(
    '[gateway]\nauth_timeuot = 7\n',
    /"level":50,.*"msg":"Nothing was reloaded, and the gateway goes on as before: .*config\.toml:2: gateway\.auth_timeuot .*"\}\n$/m,
  );
});

test('gateway reload says the same to whoever asks, and fails where nothing was reloaded', async (t) => {
  const { home, run } = openHome(t);
  const absent = await run(['gateway', 'reload']);
  assert.deepEqual([absent.status, absent.stdout], [1, '']);
  assert.match(absent.stderr, /Start one with `openclaw gateway`|no token/i);
  await start(t, home);
  assert.deepEqual(await run(['gateway', 'reload']), {
    status: 0,
    stdout: 'Reloaded; nothing has changed.\n',
    stderr: '',
  });
  writeFileSync(join(home, 'config.toml'), '[chat]\ndetached_timeout = 7\n[gateway]\nhost = "::1"\n');
  const changed = await run(['gateway', 'reload', '--json']);
  assert.deepEqual(JSON.parse(changed.stdout), {
    changed: ['chat.detached_timeout'],
    needs_restart: ['gateway.host'],
  });
  writeFileSync(
    join(home, 'config.toml'),
    '[reasoning]\nprovider = "anthropic"\nmodel = "m"\napi_key_env = "OPENCLAW_NO_KEY"\n',
  );
  const refused = await run(['gateway', 'reload']);
  assert.deepEqual([refused.status, refused.stdout], [1, '']);
  assert.match(
    refused.stderr,
    /^Nothing was reloaded, and the gateway goes on as before: reasoning\.api_key_env names the variable OPENCLAW_NO_KEY, which is not set or empty: put the key there\.\n$/,
  );
});

test('a start that is refused ends with 1 and a sentence', async (t) => {
  const { home, run } = openHome(t);
  const { url } = await start(t, home);
  const sameHome = await run(['gateway'], { env: ANY_PORT });
  assert.match(sameHome.stderr, /^Another gateway is running in .*\n$/);
  const samePort = await openHome(t).run(['gateway', '--port', new URL(url).port], { env: ANY_PORT });
  assert.match(samePort.stderr, /^Something already listens on .*\n$/);
  const exposed = await openHome(t).run(['gateway', '--host', '0.0.0.0'], { env: ANY_PORT });
  assert.match(exposed.stderr, /^0\.0\.0\.0 is reachable from other machines and TLS is off: .*\n$/);
  for (const { status, stdout } of [sameHome, samePort, exposed]) assert.deepEqual([status, stdout], [1, '']);
});

test('a person learns what to type next, and where the token is but not what it is', async (t) => {
  const { home, run } = openHome(t);
  const stopWhenShown = {
    isTTY: true,
    onOutput: (stdout: string, signal: (name: NodeJS.Signals) => void) => {
      if (stdout.endsWith('Ctrl+C\n\n')) signal('SIGINT');
    },
  };
  const env = { ...ANY_PORT, TERM: 'dumb' };
  const installed = await run(['gateway'], { ...stopWhenShown, env });
  assert.equal(installed.status, 0);
  assert.match(installed.stdout, /^ {2}Listening +ws:\/\/127\.0\.0\.1:\d+$/m);
  assert.match(installed.stdout, /^ {2}Say hello +openclaw chat "Hello"$/m);
  assert.ok(installed.stdout.includes(join(home, 'local-token')));
  assert.ok(!installed.stdout.includes(readFileSync(join(home, 'local-token'), 'utf8').trim()));
  assert.ok(!installed.stdout.includes('oc_local_debug'));
  const cloned = await run(['gateway', '--debug'], {
    ...stopWhenShown,
    env: { ...env, npm_lifecycle_event: 'start' },
  });
  assert.match(cloned.stdout, /^ {2}Say hello +\.\/openclaw chat "Hello"$/m);
  assert.match(cloned.stdout, /^ {2}Debug +also accepts the token oc_local_debug$/m);
});
