/** The unit and what is installed with it, as systemd's own programs read them. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { resolveHome } from '../../../server/config/home.js';
import { loadConfig } from '../../../server/config/load.js';
import { descriptors, kernel } from '../../../server/doctor/system.js';
import { temporaryFolder } from '../../helpers/gateway.js';
import { startGatewayProcess } from '../../helpers/gateway-process.js';
import { missing, ROOT, shipped } from '../shipped.js';

const UNIT = 'systemd/openclaw-gateway.service';
const NO_SYSTEMD = missing('systemd', 'systemd-analyze', 'systemd-sysusers', 'systemd-tmpfiles');
/** Of 10, in tenths. */
const MOST_EXPOSED = '15';

const { gateway } = loadConfig({ home: resolveHome({ OPENCLAW_HOME: '/nowhere' }), env: {} }).config;

/** Every value of a directive, in order. */
const values = (name: string): readonly string[] =>
  shipped(UNIT)
    .split('\n')
    .filter((line) => line.startsWith(`${name}=`))
    .map((line) => line.slice(name.length + 1));

const run = (command: string, ...args: readonly string[]): string => {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  assert.deepEqual(
    [status, stderr.replaceAll(/^(Creating|Create) .*\n/gm, '')],
    [0, ''],
    `${command} ${args.join(' ')}: ${stdout}`,
  );
  return stdout;
};

/** The unit with a program that is there. */
const unitFile = (t: TestContext): string => {
  const path = join(temporaryFolder(t), 'openclaw-gateway.service');
  writeFileSync(path, shipped(UNIT, { '=openclaw gateway': `=${join(ROOT, 'openclaw')} gateway` }));
  return path;
};

test('systemd understands the unit, and finds little exposed', { skip: NO_SYSTEMD }, (t) => {
  const unit = unitFile(t);
  run('systemd-analyze', 'verify', unit);
  run('systemd-analyze', 'security', '--offline=true', '--no-pager', `--threshold=${MOST_EXPOSED}`, unit);
});

test('the user and the folders are made as the unit needs them', { skip: NO_SYSTEMD }, (t) => {
  const root = temporaryFolder(t);
  for (const folder of ['etc', 'usr/lib/sysusers.d', 'usr/lib/tmpfiles.d'])
    mkdirSync(join(root, folder), { recursive: true });
  writeFileSync(join(root, 'usr/lib/sysusers.d/openclaw.conf'), shipped('sysusers.d/openclaw.conf'));
  writeFileSync(join(root, 'usr/lib/tmpfiles.d/openclaw.conf'), shipped('tmpfiles.d/openclaw.conf'));
  run('systemd-sysusers', `--root=${root}`);
  const [user = ''] = values('User');
  assert.match(
    readFileSync(join(root, 'etc/passwd'), 'utf8'),
    new RegExp(`^${user}:.*:/var/lib/openclaw:/usr/sbin/nologin$`, 'm'),
  );
  if (process.getuid?.() !== 0) return;
  run('systemd-tmpfiles', `--root=${root}`, '--create');
  const { mode, gid } = statSync(join(root, 'etc/openclaw'));
  const group = new RegExp(`^${user}:[^:]*:${gid}:`, 'm');
  assert.equal(mode & 0o777, 0o750);
  assert.match(readFileSync(join(root, 'etc/group'), 'utf8'), group);
});

test('its limits are those of the default configuration, as the doctor reckons', () => {
  const [limit] = values('LimitNOFILE');
  assert.equal(descriptors(gateway.max_connections, Number(limit)).level, 'ok');
  assert.ok(
    Number(values('TimeoutStopSec')[0]) > gateway.drain_seconds + 30,
    'the drain, and what comes behind it',
  );
});

test('the kernel’s settings satisfy the doctor, who looks at nothing else', () => {
  const settings = new Map<string, number>();
  for (const line of shipped('sysctl.d/60-openclaw.conf').split('\n')) {
    const [, name, value] = /^-?([a-z][\w.-]+) = (\d+)$/.exec(line) ?? [];
    if (name !== undefined) settings.set(name, Number(value));
  }
  const asked: string[] = [];
  const findings = kernel(gateway.max_connections, (name) => {
    asked.push(name);
    return settings.get(name) ?? null;
  });
  assert.deepEqual(
    findings.filter(({ level }) => level !== 'ok'),
    [],
  );
  assert.equal(findings.length, asked.length, 'each that the doctor looks at is set');
  assert.deepEqual(asked.toSorted(), [...settings.keys()].toSorted());
});

/** Every call of a group, its groups included. */
const callsOf = (group: string): ReadonlySet<string> => {
  const lines = run('systemd-analyze', 'syscall-filter', '--no-pager', group).split('\n').slice(1);
  const names = lines.map((line) => line.trim()).filter((line) => line !== '' && !line.startsWith('#'));
  return new Set(names.flatMap((name) => (name.startsWith('@') ? [...callsOf(name)] : [name])));
};

test('the gateway makes no call of the system that the unit refuses', {
  skip: NO_SYSTEMD || missing('strace', 'strace'),
}, async (t) => {
  const homeDir = temporaryFolder(t);
  const trace = join(homeDir, 'calls');
  const under = await startGatewayProcess(t, {
    homeDir,
    config: '',
    // -D: the process is the gateway, and what traces it stands beside it.
    launcher: ['strace', '-D', '-f', '-qq', '-e', 'signal=none', '-o', trace],
  });
  const client = await under.login();
  const { message_id } = await client.call('chat.send', { message: 'Hello' });
  await client.complete(message_id);
  await client.call('system.reload');
  under.process.child.kill('SIGTERM');
  assert.equal(await under.process.exited, 0);

  const allowed = new Set<string>();
  for (const value of values('SystemCallFilter')) {
    const refuses = value.startsWith('~');
    for (const name of value
      .replace('~', '')
      .split(' ')
      .flatMap((group) => [...callsOf(group)])) {
      if (refuses) allowed.delete(name);
      else allowed.add(name);
    }
  }
  const made = new Set(
    Array.from(readFileSync(trace, 'utf8').matchAll(/^\d+ +(\w+)\(/gm), ([, name = '']) => name),
  );
  assert.ok(made.has('listen') && made.has('exit_group'), 'the calls were seen, to the last');
  assert.deepEqual(
    [...made].filter((name) => !allowed.has(name)),
    [],
  );
});
