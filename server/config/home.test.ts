import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { HomeError, LockHeldError } from './errors.js';
import { readGatewayFile, removeGatewayFile, writeGatewayFile } from './gateway-file.js';
import { ensureHome, type Home, lockHome, resolveHome } from './home.js';
import { holdLock, withFileLock } from './lock.js';
import { writeFileAtomically } from './write-file.js';

const modeOf = (path: string): number => statSync(path).mode & 0o777;

function temporaryHome(t: TestContext): Home {
  const dir = mkdtempSync(join(tmpdir(), 'openclaw-home-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  return resolveHome({ OPENCLAW_HOME: dir });
}

/** Another process that runs `code` with `lockHome`, `withFileLock` and `home`, and has printed a line. */
async function otherProcess(t: TestContext, home: Home, code: string) {
  const room = JSON.stringify(new URL('.', import.meta.url).href);
  const source = `
    const { lockHome } = await import(${room} + 'home.js');
    const { withFileLock } = await import(${room} + 'lock.js');
    const home = ${JSON.stringify(home)};
    ${code}`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', source], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  t.after(() => child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  return child;
}

test('the home is $OPENCLAW_HOME, else ~/.openclaw', () => {
  assert.equal(resolveHome({ OPENCLAW_HOME: '/a/../b' }).configFile, '/b/config.toml');
  assert.equal(resolveHome({ HOME: '/home/me' }).tokensFile, '/home/me/.openclaw/tokens.toml');
  assert.equal(resolveHome({ HOME: '/home/me', OPENCLAW_HOME: '' }).dir, '/home/me/.openclaw');
});

test('the home is made for its owner alone; one that is there is left as it is, unless everyone may write to it', (t) => {
  const { dir } = temporaryHome(t);
  const inner = resolveHome({ OPENCLAW_HOME: join(dir, 'a', 'b') });
  ensureHome(inner);
  assert.equal(modeOf(inner.dir), 0o700);
  chmodSync(inner.dir, 0o755);
  ensureHome(inner);
  assert.equal(modeOf(inner.dir), 0o755);
  chmodSync(inner.dir, 0o777);
  assert.throws(() => ensureHome(inner), /can be written by everyone; run chmod 700/);
  assert.equal(modeOf(inner.dir), 0o777);
});

test('a file that says who may come in or what is started is not believed where everyone may write it', (t) => {
  const home = temporaryHome(t);
  for (const file of [home.tokensFile, home.localTokenFile, home.configFile, home.skillsFile]) {
    writeFileSync(file, '');
    chmodSync(file, 0o664);
    ensureHome(home);
    chmodSync(file, 0o666);
    assert.throws(() => ensureHome(home), {
      name: 'HomeError',
      message: `${file} can be written by everyone; look whether somebody has, and run chmod 600 on it.`,
    });
    chmodSync(file, 0o600);
    ensureHome(home);
  }
});

test('a home that is a file is refused in a sentence', (t) => {
  const { configFile } = temporaryHome(t);
  writeFileSync(configFile, '');
  for (const dir of [configFile, join(configFile, 'below')]) {
    assert.throws(() => ensureHome(resolveHome({ OPENCLAW_HOME: dir })), {
      name: 'HomeError',
      message:
        /^The home directory .* cannot be made: (it is a file|a part of its path is not a directory); set OPENCLAW_HOME/,
    });
  }
});

test('one home has one gateway, within a process too', (t) => {
  const home = temporaryHome(t);
  const release = lockHome(home);
  assert.throws(
    () => lockHome(home),
    (error) =>
      error instanceof LockHeldError && error.message.includes(`Another gateway is running in ${home.dir};`),
  );
  assert.throws(() => lockHome(home), LockHeldError, 'a refused attempt must not loosen the lock');
  release();
  release();
  lockHome(home)();
  assert.equal(modeOf(home.gatewayLock), 0o600);
});

test('a lock dies with its process', async (t) => {
  const home = temporaryHome(t);
  const child = await otherProcess(t, home, `lockHome(home); console.log('held'); process.stdin.resume();`);
  assert.throws(() => lockHome(home), LockHeldError);
  child.kill('SIGKILL');
  await once(child, 'exit');
  lockHome(home)();
});

test('a refused attempt in this process keeps other processes out', async (t) => {
  const home = temporaryHome(t);
  const release = lockHome(home);
  t.after(release);
  assert.throws(() => lockHome(home), LockHeldError);
  const child = await otherProcess(
    t,
    home,
    `try { lockHome(home); console.log('taken'); } catch (error) { console.log(error.name, process.exitCode = 7); }`,
  );
  const [code] = child.exitCode === null ? await once(child, 'exit') : [child.exitCode];
  assert.equal(code, 7);
});

test('a lock that cannot be used is a sentence', (t) => {
  const home = temporaryHome(t);
  writeFileSync(home.gatewayLock, 'this is no database'.repeat(100));
  assert.throws(
    () => lockHome(home),
    (error) => error instanceof HomeError && /cannot be taken: .*; check/.test(error.message),
  );
  assert.throws(
    () => holdLock(join(home.dir, 'missing', 'lock'), ''),
    /cannot be taken: no such file or directory/,
  );
});

test('callers of one file lock take turns, and it is free after a failure', async (t) => {
  const { tokensLock } = temporaryHome(t);
  let inside = 0;
  const turns = Array.from({ length: 8 }, (_, i) =>
    withFileLock(tokensLock, async () => {
      assert.equal(++inside, 1);
      await new Promise(setImmediate);
      inside--;
      if (i === 0) throw new Error('mine');
      return i;
    }),
  );
  const results = await Promise.allSettled(turns);
  assert.deepEqual(
    results.map((result) => (result.status === 'fulfilled' ? result.value : String(result.reason))),
    ['Error: mine', 1, 2, 3, 4, 5, 6, 7],
  );
});

test('processes take turns at a file', async (t) => {
  const home = temporaryHome(t);
  const file = home.tokensFile;
  writeFileSync(file, '');
  const append = (who: string) => `await withFileLock(home.tokensLock, async () => {
    const { readFileSync, writeFileSync } = await import('node:fs');
    const before = readFileSync(${JSON.stringify(file)}, 'utf8');
    await new Promise(setImmediate);
    writeFileSync(${JSON.stringify(file)}, before + '${who}');
  });`;
  const children = await Promise.all(
    ['a', 'b', 'c'].map((who) =>
      otherProcess(t, home, `for (let i = 0; i < 10; i++) { ${append(who)} } console.log('done');`),
    ),
  );
  assert.equal(children.length, 3);
  assert.equal(
    [...readFileSync(file, 'utf8')].sort().join(''),
    'a'.repeat(10) + 'b'.repeat(10) + 'c'.repeat(10),
  );
});

test('waiting for a file lock ends', async (t) => {
  const { tokensLock } = temporaryHome(t);
  const release = holdLock(tokensLock, '');
  t.after(release);
  await assert.rejects(
    withFileLock(tokensLock, () => assert.fail('ran without the lock'), { waitMs: 0 }),
    (error) =>
      error instanceof LockHeldError &&
      /^Another process holds .*tokens\.toml\.lock; try/.test(error.message),
  );
});

test('a file is replaced whole, private, and nothing is left beside it', (t) => {
  const { dir, tokensFile } = temporaryHome(t);
  writeFileSync(tokensFile, 'old', { mode: 0o644 });
  writeFileAtomically(tokensFile, 'new ä');
  assert.equal(readFileSync(tokensFile, 'utf8'), 'new ä');
  assert.equal(modeOf(tokensFile), 0o600);
  chmodSync(tokensFile, 0o640);
  writeFileAtomically(tokensFile, 'newer', statSync(tokensFile));
  assert.equal(modeOf(tokensFile), 0o640);
  assert.deepEqual(readdirSync(dir), ['tokens.toml']);
});

test('a file that cannot be replaced is a sentence, and nothing is left beside it', (t) => {
  const { dir } = temporaryHome(t);
  assert.throws(() => writeFileAtomically(join(dir, 'missing', 'file'), ''), {
    name: 'HomeError',
    message: /cannot be written: no such file or directory; check the directory/,
  });
  assert.throws(() => writeFileAtomically(dir, ''), HomeError);
  assert.deepEqual(readdirSync(dir), []);
});

test('gateway.json is found while its process lives', async (t) => {
  const { gatewayFile } = temporaryHome(t);
  assert.equal(readGatewayFile(gatewayFile), null);
  const info = {
    pid: process.pid,
    url: 'wss://127.0.0.1:1',
    fingerprint: 'ab',
    operationsUrl: 'http://127.0.0.1:2',
  };
  writeGatewayFile(gatewayFile, info);
  assert.equal(modeOf(gatewayFile), 0o600);
  assert.deepEqual(readGatewayFile(gatewayFile), info);

  const gone = spawn(process.execPath, ['--version'], { stdio: 'ignore' });
  await once(gone, 'exit');
  writeGatewayFile(gatewayFile, { pid: gone.pid ?? 0, url: 'ws://127.0.0.1:1' });
  assert.equal(readGatewayFile(gatewayFile), null);
});

test('gateway.json is removed only by the gateway it names', (t) => {
  const { gatewayFile } = temporaryHome(t);
  writeGatewayFile(gatewayFile, { pid: process.pid, url: 'ws://127.0.0.1:1' });
  removeGatewayFile(gatewayFile, process.pid + 1);
  assert.notEqual(readGatewayFile(gatewayFile), null);
  removeGatewayFile(gatewayFile, process.pid);
  assert.equal(readGatewayFile(gatewayFile), null);
  removeGatewayFile(gatewayFile, process.pid);
});

test('a damaged gateway.json is ignored', (t) => {
  const { gatewayFile } = temporaryHome(t);
  const pid = process.pid;
  for (const damaged of [
    '',
    '[]',
    'null',
    '{"pid":1',
    { pid: -1, url: 'ws://a' },
    { pid, url: 'file:///etc' },
    { pid },
    { pid, url: 'ws://a', fingerprint: 1 },
    { pid, url: 'ws://a', operations_url: 1 },
    { pid, url: 'ws://a', operations_url: 'file:///etc' },
  ]) {
    writeFileSync(gatewayFile, typeof damaged === 'string' ? damaged : JSON.stringify(damaged));
    assert.equal(readGatewayFile(gatewayFile), null, JSON.stringify(damaged));
  }
});
