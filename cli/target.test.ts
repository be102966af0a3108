import assert from 'node:assert/strict';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { writeGatewayFile } from '../server/config/gateway-file.js';
import { CliError } from './io.js';
import { openHome } from './recorded-terminal.js';
import { resolveTarget, type TargetOptions } from './target.js';

const setUp = (t: TestContext) => {
  const { home } = openHome(t);
  const output = { write: () => true };
  const resolve = (options: TargetOptions = {}, env: Record<string, string> = {}) =>
    resolveTarget(options, { stdout: output, stderr: output, env: { OPENCLAW_HOME: home, ...env } });
  const write = (name: string, text: string) => {
    writeFileSync(join(home, name), text);
    return join(home, name);
  };
  const announce = (url: string, fingerprint?: string) =>
    writeGatewayFile(join(home, 'gateway.json'), {
      pid: process.pid,
      url,
      ...(fingerprint === undefined ? {} : { fingerprint }),
    });
  return { home, resolve, write, announce };
};

test('the gateway is found by option, variable, running gateway, configuration, default, in that order', async (t) => {
  const { home, resolve, write, announce } = setUp(t);
  write('local-token', 'oc_local_x\n');
  assert.equal((await resolve()).url, 'ws://127.0.0.1:18789');
  write('config.toml', '[gateway]\nport = 4000\nhost = "::"\n');
  assert.equal((await resolve()).url, 'ws://[::1]:4000');
  const other = write(
    'other.toml',
    '[gateway]\nhost = "0.0.0.0"\n[gateway.tls]\nenabled = true\ncert_path = "c"\nkey_path = "k"\n',
  );
  assert.equal((await resolve({ config: other })).url, 'wss://127.0.0.1:18789');
  announce('ws://127.0.0.1:5000');
  assert.equal((await resolve()).url, 'ws://127.0.0.1:5000');
  // One that listens on every address is known by none of that name.
  announce('ws://0.0.0.0:5000');
  assert.equal((await resolve()).url, 'ws://127.0.0.1:5000');
  announce('wss://[::]:5000', 'ab');
  assert.deepEqual(await resolve(), {
    url: 'wss://[::1]:5000',
    fingerprint: 'ab',
    token: 'oc_local_x',
    tokenSource: join(home, 'local-token'),
  });
  const env = { OPENCLAW_URL: 'ws://127.0.0.1:6000' };
  assert.equal((await resolve({}, env)).url, 'ws://127.0.0.1:6000');
  assert.equal((await resolve({ url: 'ws://127.0.0.1:7000' }, env)).url, 'ws://127.0.0.1:7000');
});

test('the token is found by option, variable, local token, in that order', async (t) => {
  const { resolve, write } = setUp(t);
  await assert.rejects(resolve(), /There is no token in .*local-token: start a gateway with/);
  const local = write('local-token', 'oc_local_x\n');
  assert.deepEqual(await resolve(), { url: 'ws://127.0.0.1:18789', token: 'oc_local_x', tokenSource: local });
  const env = { OPENCLAW_TOKEN: 'oc_user_y' };
  assert.equal((await resolve({}, env)).token, 'oc_user_y');
  const secret = write('secret', 'oc_user_w\n');
  const inFile = { OPENCLAW_TOKEN_FILE: secret };
  await assert.rejects(
    resolve({}, inFile),
    /OPENCLAW_TOKEN_FILE names .*, which everyone may read: run chmod 600/,
  );
  chmodSync(secret, 0o600);
  assert.equal((await resolve({}, inFile)).token, 'oc_user_w');
  await assert.rejects(
    resolve({}, { ...env, ...inFile }),
    /OPENCLAW_TOKEN, which is set, and so is OPENCLAW_TOKEN_FILE: leave one of the two away\./,
  );
  const tokenFile = write('my-token', '  oc_user_z \r\n');
  assert.equal((await resolve({ tokenFile }, env)).token, 'oc_user_z');
  await assert.rejects(resolve({ tokenFile: `${tokenFile}.none` }, env), /does not exist: name a file/);
});

test('the fingerprint of the running gateway is for its URL alone', async (t) => {
  const { resolve, write, announce } = setUp(t);
  write('local-token', 'oc_local_x');
  announce('wss://127.0.0.1:5000', 'AA:BB');
  assert.equal((await resolve()).fingerprint, 'AA:BB');
  assert.equal((await resolve({ url: 'wss://127.0.0.1:5000/' })).fingerprint, 'AA:BB');
  assert.equal((await resolve({ url: 'wss://127.0.0.1:5001' })).fingerprint, undefined);
  const elsewhere = { OPENCLAW_URL: 'wss://example.org:5000', OPENCLAW_TOKEN: 'oc_user_y' };
  assert.equal((await resolve({}, elsewhere)).fingerprint, undefined);
});

test('the local token leaves this machine to nobody', async (t) => {
  const { resolve, write, announce } = setUp(t);
  write('local-token', 'oc_local_x');
  for (const url of ['ws://192.0.2.2:18789', 'wss://example.org', 'ws://127.0.0.1.example.org']) {
    await assert.rejects(resolve({ url }), /local token is for the gateway of this machine.*--token-file/);
  }
  for (const url of ['ws://localhost:1', 'ws://127.0.0.2:1', 'ws://[::1]:1'])
    assert.equal((await resolve({ url })).url, url);
  announce('ws://192.0.2.2:18789');
  assert.equal((await resolve()).url, 'ws://192.0.2.2:18789', 'that is this machine');
});

test('a URL with something secret in it, or none at all, is refused without being repeated', async (t) => {
  const { resolve } = setUp(t);
  for (const url of [
    'ws://oc_user_z@127.0.0.1',
    'ws://u:oc_user_z@h',
    'ws://h/?token=oc_user_z',
    'ws://h/#oc_user_z',
    'oc_user_z',
    'http://oc_user_z',
    'ws://',
    '//h',
  ]) {
    await assert.rejects(
      resolve({ url }),
      (error) => error instanceof CliError && error.exitStatus === 2 && !error.message.includes('oc_user_z'),
      url,
    );
  }
});

test('a token file with anything else in it is named, not quoted', async (t) => {
  const { resolve, write } = setUp(t);
  for (const text of ['', '\n', 'oc_user_a\noc_user_b', 'two words', `x${'y'.repeat(512)}`, 'oc_\u0000']) {
    const tokenFile = write('token', text);
    await assert.rejects(resolve({ tokenFile }), {
      name: 'CliError',
      message: `${tokenFile} holds no token: put one there, alone on its line.`,
    });
  }
});

test('a configuration that is wrong is explained', async (t) => {
  const { resolve, write } = setUp(t);
  write('config.toml', '[gateway]\nport = "x"\n');
  await assert.rejects(
    resolve(),
    (error) => error instanceof CliError && /config\.toml:2: gateway\.port/.test(error.message),
  );
});
