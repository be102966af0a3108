import assert from 'node:assert/strict';
import {
  chmodSync,
  lstatSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Command } from 'commander';
import { CONFIG_KEYS } from '../schemas/config.js';
import { writeGatewayFile } from '../server/config/gateway-file.js';
import { registerConfig } from './config.js';
import { CliError } from './io.js';

/** A home of its own, and a way to run `openclaw …` in it. */
function setUp(t: TestContext, content: string | null = null, variables: Record<string, string> = {}) {
  const dir = mkdtempSync(join(tmpdir(), 'openclaw-cli-config-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  const file = join(dir, 'config.toml');
  if (content !== null) writeFileSync(file, content);
  const run = async (...args: string[]) => {
    const printed = { stdout: '', stderr: '' };
    const into = (stream: 'stdout' | 'stderr') => ({ write: (text: string) => (printed[stream] += text) });
    const program = new Command().exitOverride().option('--config <file>');
    const env = { OPENCLAW_HOME: dir, ...variables };
    registerConfig(program, { stdout: into('stdout'), stderr: into('stderr'), env });
    await program.parseAsync(args, { from: 'user' });
    return printed;
  };
  return { dir, file, run, text: () => readFileSync(file, 'utf8') };
}

const failsWith = (exitStatus: number, message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof CliError, String(error));
  assert.match(error.message, message);
  assert.equal(error.exitStatus, exitStatus);
  return true;
};

test('the commands of the documentation work, from nothing', async (t) => {
  const { dir, file, run, text } = setUp(t);
  chmodSync(dir, 0o755);
  const { stdout, stderr } = await run('config', 'set', 'gateway.heartbeat_timeout', '120');
  await run('config', 'set', 'gateway.heartbeat_max_missed', '5');
  assert.equal(text(), '[gateway]\nheartbeat_timeout = 120\nheartbeat_max_missed = 5\n');
  assert.equal(
    stdout,
    `gateway.heartbeat_timeout = 120 is now in ${file}.\nIt takes effect when the gateway starts.\n`,
  );
  assert.equal(stderr, '');
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.equal(statSync(dir).mode & 0o777, 0o755, 'a directory that was there stays as it was');
  assert.equal((await run('config', 'get', 'gateway.heartbeat_timeout')).stdout, '120\n');
});

test('set says whether a running gateway takes the value', async (t) => {
  const { dir, run } = setUp(t);
  writeGatewayFile(join(dir, 'gateway.json'), { pid: process.pid, url: 'ws://127.0.0.1:1' });
  const reload = await run('config', 'set', 'log.level', 'warn');
  assert.match(reload.stdout, /takes it when it reloads: openclaw gateway reload\n$/);
  assert.match((await run('config', 'set', 'gateway.port', '1')).stdout, /only after a restart\.\n$/);
});

test('set says when a variable wins over the file', async (t) => {
  const { run } = setUp(t, null, { OPENCLAW_LOG__LEVEL: 'debug' });
  const { stderr } = await run('config', 'set', 'log.level', 'warn');
  assert.equal(
    stderr,
    'OPENCLAW_LOG__LEVEL is set here and wins over the file; unset it for this value to count.\n',
  );
  assert.equal((await run('config', 'get', 'log.level')).stdout, 'debug\n');
});

test('set changes nothing that would not be valid', async (t) => {
  const before = '[gateway]\nheartbeat_interval = 100 # slow\n';
  const { run, text } = setUp(t, before);
  for (const [args, status, message] of [
    [['gateway.prot', '1'], 2, /^gateway\.prot is not a known key; did you mean gateway\.port\?$/],
    [['__proto__', '1'], 2, /^__proto__ is not a known key/],
    [['gateway.port', '70000'], 2, /^gateway\.port must be an integer from 0 to 65535, but is 70000\.$/],
    [['gateway.port', ''], 2, /but is empty\.$/],
    [
      ['gateway.heartbeat_timeout', '99'],
      1,
      /^Nothing was changed, because the file would not be valid:\n.*config\.toml:3: gateway\.heartbeat_timeout must be at least/,
    ],
    [['gateway.tls.enabled', 'true'], 1, /gateway\.tls\.cert_path must name a file/],
    [['skills.built_in', '5'], 1, /skills\.built_in must hold names or patterns of .*, but holds "5"\.$/],
  ] as const) {
    await assert.rejects(run('config', 'set', ...args), failsWith(status, message));
    assert.equal(text(), before);
  }
});

test('set mends a bad value, and refuses a file that is not TOML', async (t) => {
  const mended = setUp(t, '[gateway]\nport = "x" # c\n');
  await mended.run('config', 'set', 'gateway.port', '1');
  assert.equal(mended.text(), '[gateway]\nport = 1 # c\n');
  const broken = setUp(t, '[gateway\n');
  await assert.rejects(
    broken.run('config', 'set', 'gateway.port', '1'),
    failsWith(1, /config\.toml:\d+: not valid TOML/),
  );
  assert.equal(broken.text(), '[gateway\n');
});

test('set keeps the permissions of a file, and a link a link', async (t) => {
  const { dir, file, run } = setUp(t);
  const real = join(dir, 'real.toml');
  writeFileSync(real, '# mine\n');
  chmodSync(real, 0o640);
  symlinkSync(real, file);
  await run('config', 'set', 'log.level', 'warn');
  assert.ok(lstatSync(file).isSymbolicLink());
  assert.equal(readFileSync(real, 'utf8'), '# mine\n\n[log]\nlevel = "warn"\n');
  assert.equal(statSync(real).mode & 0o777, 0o640);
});

test('commands that run at once lose no change', async (t) => {
  const { run, text } = setUp(t);
  await Promise.all([
    run('config', 'set', 'gateway.port', '1'),
    run('config', 'set', 'log.level', 'warn'),
    run('config', 'set', 'chat.detached_timeout', '5'),
    run('config', 'set', 'memory.recall_tokens', '7'),
  ]);
  for (const line of ['port = 1', 'level = "warn"', 'detached_timeout = 5', 'recall_tokens = 7']) {
    assert.ok(text().includes(line), text());
  }
});

test('get prints what set takes', async (t) => {
  const { run } = setUp(t);
  for (const [key, value, printed] of [
    [
      'gateway.allowed_origins',
      'https://a.example,https://b.example',
      '["https://a.example", "https://b.example"]',
    ],
    ['gateway.tls.cert_path', '/a "b"/ü\\.pem', '/a "b"/ü\\.pem'],
    ['gateway.rate_limit.messages_per_second', '0.5', '0.5'],
    ['gateway.rate_limit.enabled', 'false', 'false'],
  ] as const) {
    await run('config', 'set', key, value);
    assert.equal((await run('config', 'get', key)).stdout, `${printed}\n`);
    await run('config', 'set', key, printed);
    assert.equal((await run('config', 'get', key)).stdout, `${printed}\n`);
  }
});

test('get --json tells the value and where it comes from', async (t) => {
  const { file, run } = setUp(t, '[gateway]\nport = 5\n');
  const { stdout } = await run('config', 'get', 'gateway.port', '--json');
  assert.deepEqual(JSON.parse(stdout), { key: 'gateway.port', value: 5, source: 'file', file });
  await assert.rejects(run('config', 'get', 'gateway.prt'), failsWith(2, /did you mean gateway\.port\?/));
});

test('list prints every key and where it comes from', async (t) => {
  const { file, run } = setUp(t, '[gateway]\nport = 5\n', { OPENCLAW_LOG__LEVEL: 'warn' });
  const lines = (await run('config', 'list')).stdout.trimEnd().split('\n');
  assert.equal(lines.length, CONFIG_KEYS.length);
  assert.ok(lines.some((line) => /^gateway\.port = 5 +# file$/.test(line)));
  assert.ok(lines.some((line) => /^gateway\.host = "127\.0\.0\.1" +# default$/.test(line)));
  assert.ok(lines.some((line) => /^log\.level = "warn" +# environment \(OPENCLAW_LOG__LEVEL\)$/.test(line)));
  const rows = JSON.parse((await run('config', 'list', '--json')).stdout);
  assert.equal(rows.length, CONFIG_KEYS.length);
  assert.deepEqual(rows[1], { key: 'gateway.port', value: 5, source: 'file', file });
});

test('path and check follow --config', async (t) => {
  const { dir, file, run } = setUp(t);
  assert.equal((await run('config', 'path')).stdout, `${file}\n`);
  assert.deepEqual(JSON.parse((await run('config', 'path', '--json')).stdout), { path: file, exists: false });
  assert.equal(
    (await run('config', 'check')).stdout,
    `${file} does not exist, so every key has its default.\n`,
  );
  const other = join(dir, 'other.toml');
  for (const args of [
    ['config', 'path', '--config', other],
    ['--config', other, 'config', 'path'],
  ]) {
    assert.equal((await run(...args)).stdout, `${other}\n`);
  }
  await assert.rejects(run('config', 'check', other), failsWith(1, /other\.toml does not exist/));
  await run('--config', other, 'config', 'set', 'gateway.port', '1');
  assert.equal((await run('config', 'check', other)).stdout, `${other} is valid.\n`);
  writeFileSync(other, 'gateway.prot = 1\ngateway.port = -1\n');
  await assert.rejects(run('config', 'check', other), failsWith(1, /other\.toml:1: .*\n.*other\.toml:2: /));
  await assert.rejects(run('--config', other, 'config', 'list'), failsWith(1, /other\.toml:1: /));
});

test('a directory that cannot hold the file is a sentence', async (t) => {
  const { dir, run } = setUp(t);
  const missing = join(dir, 'missing', 'config.toml');
  await assert.rejects(
    run('--config', missing, 'config', 'set', 'gateway.port', '1'),
    failsWith(1, /cannot be taken: no such file or directory; check the directory .*missing\.$/),
  );
});
