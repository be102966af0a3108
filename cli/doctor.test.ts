import assert from 'node:assert/strict';
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createServer as listenOn } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import Sqlite from 'better-sqlite3';
import { openSqliteMemory } from '../server/backends/memory/sqlite.js';
import type { Finding } from '../server/doctor.js';
import { openHome } from './recorded-terminal.js';

const KEY = 'sk-canarykey0123456789';

/** Whatever port is free, and not so many connections that this machine could not have them. */
const ENV = {
  OPENCLAW_GATEWAY__PORT: '0',
  OPENCLAW_METRICS__PORT: '0',
  OPENCLAW_GATEWAY__MAX_CONNECTIONS: '10',
};

const setUp = (t: TestContext, config = '') => {
  const { home, run } = openHome(t);
  chmodSync(home, 0o700);
  const write = (name: string, text: string, mode = 0o600): string => {
    writeFileSync(join(home, name), text);
    chmodSync(join(home, name), mode);
    return join(home, name);
  };
  if (config !== '') write('config.toml', config);
  const doctor = async (env: Readonly<Record<string, string>> = {}) => {
    const { status, stdout, stderr } = await run(['doctor', '--json'], { env: { ...ENV, ...env } });
    const report = JSON.parse(stdout) as { ok: boolean; errors: number; findings: readonly Finding[] };
    assert.equal(status, report.ok ? 0 : 1);
    assert.equal(report.errors, report.findings.filter(({ level }) => level === 'error').length);
    assert.equal(stderr === '', report.ok);
    const about = (check: string) => report.findings.filter((finding) => finding.check === check);
    return { ...report, about };
  };
  return { home, run, write, doctor };
};

/** A server on loopback that answers everything with a status; resolves with its address. */
const answering = async (t: TestContext, status: number): Promise<string> => {
  const server: Server = createServer((_request, response) => response.writeHead(status).end('{}'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  return `http://127.0.0.1:${(server.address() as { port: number }).port}`;
};

test('a fresh home is well, and nothing is made in it', async (t) => {
  const { home, run, doctor } = setUp(t);
  const { ok, findings } = await doctor();
  assert.ok(ok);
  const checks = new Set(findings.map(({ check }) => check));
  for (const check of [
    'configuration',
    'file modes',
    'tokens',
    'ports',
    'store',
    'certificate',
    'providers',
    'MCP servers',
    'descriptors',
  ])
    assert.ok(checks.has(check), check);
  for (const name of ['tokens.toml', 'openclaw.db', 'local-token'])
    assert.equal(existsSync(join(home, name)), false);
  const { status, stdout, stderr } = await run(['doctor'], { env: ENV });
  assert.deepEqual([status, stderr], [0, '']);
  for (const line of stdout.trimEnd().split('\n')) assert.match(line, /^(ok|warning) {2,}\S/);
  assert.match(stdout, /^ok {7}store {10}there is none yet; a gateway makes it$/m);
});

test('what is wrong with files, tokens and the configuration is an error that says what to do', async (t) => {
  const { home, run, write, doctor } = setUp(t);
  await run(['token', 'create', '--name', 'brief', '--expires', '3d']);
  await run(['token', 'create', '--name', 'old']);
  const tokens = readFileSync(join(home, 'tokens.toml'), 'utf8');
  const at = tokens.indexOf('"old"');
  const aged =
    tokens.slice(0, at) + tokens.slice(at).replace(/created = .*/, 'created = 2020-01-01T00:00:00Z');
  write('tokens.toml', aged, 0o640);
  write('config.toml', '[gateway]\nprot = 1\n', 0o666);
  const { about, ok } = await doctor();
  assert.equal(ok, false);
  const [configuration] = about('configuration');
  assert.match(
    `${configuration?.message}: ${configuration?.advice}`,
    /config\.toml:2: gateway\.prot .*: did you mean gateway\.port\?$/,
  );
  const advice = about('file modes').flatMap((finding) =>
    finding.level === 'error' ? [finding.advice] : [],
  );
  assert.deepEqual(advice, [
    `chmod 600 ${join(home, 'tokens.toml')}`,
    `chmod go-w ${join(home, 'config.toml')}`,
  ]);
  const aging = about('tokens').map(({ level, message }) => `${level} ${message}`);
  assert.match(aging.join('\n'), /^warning brief expires in [23] days$/m);
  assert.match(aging.join('\n'), /^warning old is \d+ days old and never expires$/m);
});

test('a port that is taken, a provider that refuses the key and servers that are not there are errors', async (t) => {
  const other = listenOn();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  t.after(() => other.close());
  const { port } = other.address() as { port: number };
  const refusing = await answering(t, 401);
  const { write, doctor, run } = setUp(t);
  const keyFile = write('key', KEY);
  const reasoning = (baseUrl: string): string =>
    `[reasoning]\nprovider = "openai-compatible"\nmodel = "m"\nbase_url = "${baseUrl}/v1"\napi_key_file = ${JSON.stringify(keyFile)}\n`;
  const servers = (url: string): string =>
    `[skills.mcp.here]\ncommand = ${JSON.stringify(process.execPath)}\n[skills.mcp.gone]\ncommand = "no-such-program"\n[skills.mcp.far]\nurl = "${url}/mcp"\n`;
  write('config.toml', reasoning(refusing) + servers(refusing));
  const wrong = await doctor({ OPENCLAW_GATEWAY__PORT: String(port) });
  const levels = (findings: readonly Finding[]) => findings.map(({ level }) => level);
  assert.deepEqual(levels(wrong.about('ports')), ['error', 'ok']);
  assert.match(wrong.about('ports')[0]?.message ?? '', /is taken$/);
  assert.match(wrong.about('providers')[0]?.message ?? '', /refuses the key \(401\)$/);
  assert.deepEqual(levels(wrong.about('MCP servers')), ['ok', 'error', 'error']);
  const shown = await run(['doctor'], { env: ENV });
  assert.doesNotMatch(JSON.stringify(wrong.findings) + shown.stdout + shown.stderr, /canarykey/);

  const working = await answering(t, 200);
  write('config.toml', reasoning(working) + servers(working));
  const right = await doctor();
  assert.deepEqual(levels(right.about('providers')), ['ok']);
  assert.deepEqual(levels(right.about('MCP servers')), ['ok', 'error', 'ok']);

  write('config.toml', reasoning(working).replace('api_key_file', 'api_key_env = "NO_SUCH_VARIABLE"\n# '));
  const [keyless] = (await doctor()).about('providers');
  assert.deepEqual([keyless?.level, keyless?.message.includes('NO_SUCH_VARIABLE')], ['error', true]);
});

test('a store that is damaged is found, one that is whole is left as it is', async (t) => {
  const { home, doctor } = setUp(t);
  mkdirSync(home, { recursive: true });
  const path = join(home, 'openclaw.db');
  const memory = await openSqliteMemory({ path });
  await memory.close();
  chmodSync(path, 0o600);
  const before = readFileSync(path);
  assert.deepEqual(
    (await doctor()).about('store').map(({ level }) => level),
    ['ok'],
  );
  assert.deepEqual(readFileSync(path), before);
  before.fill(0x5a, 4096, 4096 * 4);
  writeFileSync(path, before);
  const damaged = (await doctor()).about('store');
  assert.ok(damaged.length > 0 && damaged.every(({ level }) => level === 'error'));
});

test('a store of another version says what the next start does with it', async (t) => {
  const { home, doctor } = setUp(t);
  mkdirSync(home, { recursive: true });
  const path = join(home, 'openclaw.db');
  copyFileSync(join(import.meta.dirname, '../../test/fixtures/database-v7.db'), path);
  chmodSync(path, 0o600);
  const [older] = (await doctor()).about('store');
  assert.equal(older?.level, 'ok');
  assert.match(
    older?.message ?? '',
    /^its database is whole; the next start brings it from version 7 to \d+$/,
  );
  const database = new Sqlite(path);
  database.pragma('user_version = 99');
  database.close();
  const [newer] = (await doctor()).about('store');
  assert.equal(newer?.level, 'error');
  assert.match(newer?.message ?? '', /^its schema version is 99, and this program knows only \d+$/);
});
