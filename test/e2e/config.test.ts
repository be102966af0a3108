/** The configuration as seen from outside (protocol section 8). */
import assert from 'node:assert/strict';
import { mkdirSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { CONFIG_KEYS, configOption } from '../../schemas/config.js';
import { ConfigError } from '../../server/config/errors.js';
import { type GatewayUnderTest, startTestGateway, temporaryFolder } from '../helpers/gateway.js';
import { GatewayProcess } from '../helpers/process.js';
import { askUpgrade } from '../helpers/raw-socket.js';
import { recordLog } from '../helpers/recorded-log.js';
import { req } from './requirements.js';

const HEARTBEAT = 'gateway.heartbeat_interval';

/** Seconds between two pings, as a handshake tells them: shows which value is in force. */
const heartbeatOf = async (under: GatewayUnderTest): Promise<number> =>
  (await under.login()).handshake.heartbeat_interval;

test(`${req('P8-precedence')} a flag beats a variable, that beats the file, that beats the default`, async (t) => {
  const config = '[gateway]\nheartbeat_interval = 11\nmax_message_bytes = 4096\n';
  const env = { OPENCLAW_GATEWAY__HEARTBEAT_INTERVAL: '12' };
  const flags = { [HEARTBEAT]: '13' };
  assert.equal(await heartbeatOf(await startTestGateway(t)), 30);
  assert.equal(await heartbeatOf(await startTestGateway(t, { config })), 11);
  assert.equal(await heartbeatOf(await startTestGateway(t, { config, env })), 12);
  const under = await startTestGateway(t, { config, env, flags });
  assert.equal(await heartbeatOf(under), 13);
  assert.equal((await under.login()).handshake.limits.max_message_bytes, 4096);
});

test(`${req('P8-unknown-key', 'P8-bad-value')} what is wrong with the file stops the start, all of it in sentences`, async (t) => {
  const config = [
    '[gateway]',
    'heartbeat_intervall = 30',
    'auth_timeout = 0',
    'port = "high"',
    '',
    '[gateway.rate_limit]',
    'burst = 1',
    '',
  ].join('\n');
  const homeDir = temporaryFolder(t);
  const file = join(homeDir, 'config.toml');
  await assert.rejects(startTestGateway(t, { config, homeDir }), (error) => {
    assert.ok(error instanceof ConfigError);
    const line = (number: number) =>
      error.problems.find((problem) => problem.startsWith(`${file}:${number}:`));
    assert.equal(error.problems.length, 4);
    assert.match(
      line(2) ?? '',
      /gateway\.heartbeat_intervall is not a known key; did you mean gateway\.heartbeat_interval\?$/,
    );
    assert.match(line(3) ?? '', /gateway\.auth_timeout must be .*1.* but is 0/);
    assert.match(line(4) ?? '', /gateway\.port must be an? (?:integer|whole number).* but is "high"/);
    assert.match(
      line(7) ?? '',
      /gateway\.rate_limit\.burst is not a known key; did you mean .*burst_size\?$/,
    );
    return true;
  });
});

test(`${req('P8-unknown-key')} a mistyped variable stops the start too, and its value is not printed`, async (t) => {
  const env = { OPENCLAW_GATEWAY__PROT: 'a-secret' };
  await assert.rejects(startTestGateway(t, { env }), (error) => {
    assert.ok(error instanceof ConfigError);
    assert.match(error.message, /^OPENCLAW_GATEWAY__PROT: .*did you mean OPENCLAW_GATEWAY__PORT\?$/);
    assert.ok(!error.message.includes('a-secret'));
    return true;
  });
});

test(`${req('P8-billion')} limits and heartbeats at 10⁹ work`, async (t) => {
  const huge = CONFIG_KEYS.filter((key) => {
    const option = configOption(key);
    return (option.type === 'integer' || option.type === 'number') && option.max === 1_000_000_000;
  });
  for (const key of [HEARTBEAT, 'gateway.rate_limit.burst_size', 'gateway.max_connections'] as const) {
    assert.ok(huge.includes(key), key);
  }
  const flags = Object.fromEntries(huge.map((key) => [key, '1000000000']));
  const under = await startTestGateway(t, { flags });
  const client = await under.login();
  assert.equal(client.handshake.heartbeat_interval, 1_000_000_000);
  assert.equal(client.handshake.limits.burst_size, 1_000_000_000);
  await client.settle();
});

test(`${req('P8-reload')} system.reload takes what can change and names what cannot`, async (t) => {
  const under = await startTestGateway(t, { config: '[gateway]\nheartbeat_interval = 11\n' });
  const client = await under.login();
  assert.deepEqual(await client.call('system.reload'), { changed: [], needs_restart: [] });
  writeFileSync(
    under.home.configFile,
    '[gateway]\nheartbeat_interval = 22\nmax_connections_per_ip = 2\nmax_message_bytes = 4096\n',
  );
  const reloaded = await client.call('system.reload');
  assert.deepEqual(reloaded.changed.sort(), [
    HEARTBEAT,
    'gateway.heartbeat_timeout',
    'gateway.max_connections_per_ip',
  ]);
  assert.deepEqual(reloaded.needs_restart, ['gateway.max_message_bytes']);

  const later = await under.login();
  assert.equal(later.handshake.heartbeat_interval, 22);
  assert.equal(
    later.handshake.limits.max_message_bytes,
    1024 * 1024,
    'as it is in force, not as it is written',
  );
  assert.equal((await askUpgrade(t, under.port)).status, 429);
  assert.deepEqual((await client.call('system.reload')).changed, []);
});

test(`${req('P8-reload-refused')} a reload of a broken file changes nothing and says so`, async (t) => {
  const { log, lines } = recordLog('info');
  const under = await startTestGateway(t, { config: '[gateway]\nheartbeat_interval = 11\n', log });
  const client = await under.login({ client_id: 'operator' });
  for (const broken of [
    '[gateway]\nheartbeat_interval = 22\nauth_timeout = "soon"\n',
    '[gateway]\nheartbeat_interval = 22\nunknown = 1\n',
    '[gateway\n',
  ]) {
    writeFileSync(under.home.configFile, broken);
    const { error } = await client.request('system.reload');
    assert.equal(error.code, -32600);
    assert.match(error.data.reason, /config\.toml:\d/);
    assert.equal(await heartbeatOf(under), 11);
    const { level, session_id, client_id, msg } = lines().at(-1);
    assert.deepEqual([level, session_id, client_id], [50, client.handshake.session_id, 'operator']);
    assert.equal(msg, `Nothing was reloaded, and the gateway goes on as before: ${error.data.reason}`);
  }
});

test(`${req('P8-reload-refused')} a file that cannot be read changes nothing either, and one that is gone is one without options`, async (t) => {
  const { log, lines } = recordLog('info');
  const under = await startTestGateway(t, { config: '[gateway]\nheartbeat_interval = 11\n', log });
  const client = await under.login();
  rmSync(under.home.configFile);
  mkdirSync(under.home.configFile);
  const { error } = await client.request('system.reload');
  assert.match(error.data.reason, /config\.toml cannot be read: it is a directory\.$/);
  rmdirSync(under.home.configFile);
  writeFileSync(under.home.configFile, Buffer.from([0x23, 0xff]));
  assert.match((await client.request('system.reload')).error.data.reason, /is not UTF-8 text/);
  assert.equal(await heartbeatOf(under), 11);

  // By a signal, for which the gateway's own call stands.
  const refused = await under.gateway.reload();
  assert.equal(refused.outcome, 'refused');
  const { session_id, msg } = lines().at(-1);
  assert.equal(session_id, undefined);
  assert.match(msg, /^Nothing was reloaded, and the gateway goes on as before: .* is not UTF-8 text/);
  rmSync(under.home.configFile);
  assert.deepEqual((await client.call('system.reload')).changed.sort(), [
    HEARTBEAT,
    'gateway.heartbeat_timeout',
  ]);
  assert.equal(await heartbeatOf(under), 30);
});

test(`${req('P8-reload')} log.level is live: a reload turns the log down and up, and ends what SIGUSR2 has begun`, async (t) => {
  const { log, lines } = recordLog('info');
  const under = await startTestGateway(t, { config: '[log]\nlevel = "info"\n', log });
  const client = await under.login();
  assert.equal(under.gateway.stepLogLevel(), 'debug');
  await under.login();
  assert.ok(lines().some(({ level }) => level === 20));
  writeFileSync(under.home.configFile, '[log]\nlevel = "warn"\n');
  assert.deepEqual(await client.call('system.reload'), { changed: ['log.level'], needs_restart: [] });
  const quiet = lines().length;
  await under.login();
  assert.equal(lines().length, quiet);
  // Whoever asks gets an answer.
  await client.call('system.reload');
  assert.equal(lines().at(-1).msg, 'Reloaded; nothing has changed.');
  assert.equal(under.gateway.stepLogLevel(), 'info');
  rmSync(under.home.configFile);
  await client.call('system.reload');
  const { changed, msg } = lines().at(-1);
  assert.deepEqual([changed, msg], [['log.level'], 'Reloaded: log.level.']);
});

test(`${req('P8-sighup')} SIGHUP reloads, and a broken file is told and survived`, async (t) => {
  const homeDir = temporaryFolder(t);
  const file = join(homeDir, 'config.toml');
  writeFileSync(file, '[gateway]\nheartbeat_interval = 11\n');
  const gateway = new GatewayProcess(t, { homeDir });
  const port = await gateway.port();
  writeFileSync(file, '[gateway]\nheartbeat_interval = 22\nmax_message_bytes = 4096\n');
  gateway.child.kill('SIGHUP');
  const told = await gateway.said(/Reloaded: .*\n/);
  assert.match(told, /gateway\.heartbeat_interval/);
  assert.match(told, /Needs a restart: gateway\.max_message_bytes\./);

  writeFileSync(file, '[gateway]\nno_such_key = 1\n');
  gateway.child.kill('SIGHUP');
  assert.match(
    await gateway.said(/Nothing was reloaded, and the gateway goes on as before: .*\n/),
    /no_such_key is not a known key/,
  );
  assert.equal((await askUpgrade(t, port)).status, 101);
});
