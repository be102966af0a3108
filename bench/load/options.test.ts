import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { scenarioHelp, usage } from './help.js';
import { type LoadOptions, readCommand } from './options.js';
import { pinApart } from './pinning.js';
import { checkRoom, fitSizes } from './room.js';
import { scenario } from './scenario.js';
import { SCENARIOS } from './scenarios/all.js';
import { UsageError } from './usage-error.js';

const idle = scenario({
  name: 'idle',
  summary: 'nothing much',
  help: 'It does nothing.',
  defaults: { connections: 10, seconds: 2, heartbeatSeconds: 30 },
  needs: ({ connections }) => ({ connections }),
  run: async () => [],
});
const grows = { ...idle, name: 'grows', grows: true };

const command = (args: readonly string[], env = {}) => readCommand(args, [idle, grows], env);
const read = (args: readonly string[], env = {}): LoadOptions => {
  const read = command(['--scenario', 'idle', ...args], env);
  assert.ok(read.do === 'run');
  return read.options;
};

test('what is not said is the scenario’s default', () => {
  const { parameters, servers, running, pinning } = read(['--seconds', '0.5']);
  assert.equal(parameters.connections, 10);
  assert.equal(parameters.seconds, 0.5);
  assert.equal(parameters.heartbeatSeconds, 30);
  assert.ok(Number.isNaN(parameters.depth));
  assert.deepEqual(servers, ['gateway']);
  assert.equal(running, null);
  assert.equal(pinning, null);
});

test('a running gateway’s token comes from a file, from the environment, or from the command line', (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'openclaw-test-'));
  t.after(() => rmSync(dir, { recursive: true }));
  writeFileSync(join(dir, 'token'), 'oc_local_file\n');
  const env = { OPENCLAW_TOKEN: 'oc_local_env' };
  const url = ['--url', 'wss://example.org'];
  const fromFile = read([...url, '--token-file', join(dir, 'token'), '--pid', '7'], env);
  assert.deepEqual(fromFile.running, { url: 'wss://example.org', token: 'oc_local_file', pid: 7 });
  assert.equal(read(url, env).running?.token, 'oc_local_env');
  assert.equal(read([...url, '--token', 'oc_local_x'], env).running?.token, 'oc_local_x');
  assert.deepEqual(read(url, env).servers, []);
});

test('sizes that grow stand for the connections', () => {
  const options = command(['--scenario', 'grows', '--sizes', '10, 200,3000']);
  assert.ok(options.do === 'run');
  assert.deepEqual(options.options.sizes, [10, 200, 3000]);
  assert.equal(options.options.parameters.connections, 3000);
});

test('a gateway with several socket threads is started with them, and pinned to as many cores and one more', () => {
  assert.equal(read([]).parameters.workers, 1);
  assert.equal(read(['--workers', '2']).parameters.workers, 2);
  assert.deepEqual(pinApart(1, 2), { server: '0', clients: '1', clientCores: 1 });
  assert.deepEqual(pinApart(1, 4), { server: '0', clients: '1-3', clientCores: 3 });
  assert.deepEqual(pinApart(2, 4), { server: '0-2', clients: '3', clientCores: 1 });
  assert.throws(() => pinApart(2, 3), /--pin needs 4 cores here, 3 for the server .* this machine has 3\./);
});

test('a command line that cannot be followed is refused with what to do', () => {
  const refused = (args: string[], says: RegExp): void =>
    assert.throws(
      () => command(args),
      (error) => error instanceof UsageError && says.test(error.message),
    );
  const idleRefused = (args: string[], says: RegExp): void => refused(['--scenario', 'idle', ...args], says);
  refused([], /--scenario: idle, grows/);
  idleRefused(['--connections', '1.5'], /--connections is a whole number/);
  idleRefused(['--seconds', '0'], /--seconds is a number above 0/);
  idleRefused(['--seconds', ''], /not empty/);
  idleRefused(['--depth', '3'], /idle takes no --depth: see --scenario idle --help/);
  idleRefused(['--sizes', '1,2'], /takes no --sizes/);
  idleRefused(['--server', 'ws'], /--server is one of gateway, raw/);
  idleRefused(['--against', 'ws'], /--against is one of gateway, raw/);
  idleRefused(['--nothing'], /--help lists/);
  idleRefused(['extra'], /extra is no option/);
  idleRefused(['--json', '/no/such/folder/file'], /a folder that exists/);
  const url = ['--url', 'ws://127.0.0.1:1'];
  idleRefused(url, /--token-file, or set OPENCLAW_TOKEN/);
  idleRefused([...url, '--token-file', '/no/such/file'], /cannot be read/);
  idleRefused([...url, '--token-file', '/dev/null'], /needs a token/);
  idleRefused([...url, '--token', 'a', '--token-file', '/dev/null'], /say the same/);
  idleRefused([...url, '--token', 'a', '--server', 'raw'], /leave one of them out/);
  idleRefused([...url, '--token', 'a', '--heartbeat', '5'], /--heartbeat is told a server that is started/);
  idleRefused([...url, '--token', 'a', '--workers', '2'], /--workers is told a server that is started/);
  idleRefused(['--url', 'https://127.0.0.1', '--token', 'a'], /a ws: or wss: URL/);
  idleRefused(['--token-file', '/dev/null'], /belong to --url/);
  refused(['--scenario', 'grows', '--sizes', '100,10'], /that grow/);
  refused(['--compare', 'A.json'], /two files/);
  refused(['--show'], /one file/);
});

test('help names every scenario, and each says what it takes', () => {
  assert.deepEqual(command(['--help']), { do: 'help', scenario: null });
  assert.deepEqual(command(['--scenario', 'idle', '--help']), { do: 'help', scenario: idle });
  const text = usage(SCENARIOS);
  for (const one of SCENARIOS) {
    assert.ok(text.includes(one.name) && text.includes(one.summary), one.name);
    assert.match(scenarioHelp(one), /--heartbeat N +the server’s heartbeat interval in seconds \(30\)/);
  }
  assert.match(text, /--token TOKEN .*everybody on this machine can read it/);
});

test('more connections than descriptors are refused before anything starts', () => {
  checkRoom(744, { processes: 2, startsServer: true, limit: 1000 });
  assert.throws(
    () => checkRoom(745, { processes: 2, startsServer: true, limit: 1000 }),
    /enough for 744 connections/,
  );
  checkRoom(1488, { processes: 2, startsServer: false, limit: 1000 });
  assert.throws(() => checkRoom(1489, { processes: 2, startsServer: false, limit: 1000 }), UsageError);
  checkRoom(1e9, { processes: 1, startsServer: true, limit: null });
});

test('sizes go as far as the descriptors do, and it is said that they end there', () => {
  const room = { processes: 1, startsServer: true, limit: 1000 };
  assert.deepEqual(fitSizes([100, 744], room), { sizes: [100, 744], warning: null });
  const { sizes, warning } = fitSizes([100, 500, 10_000, 50_000], room);
  assert.deepEqual(sizes, [100, 500, 744]);
  assert.match(warning ?? '', /enough for 744 connections: the sizes end there, and not at 50000/);
});
