import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { ServerProcesses } from './server-processes.js';
import { testFolder } from './test-servers.js';

/** A program that does not look at its input, in a group of its own. */
const start = async (t: TestContext) => {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], {
    detached: true,
    stdio: 'ignore',
  });
  t.after(() => child.kill('SIGKILL'));
  await once(child, 'spawn');
  return { pid: child.pid ?? 0, ended: once(child, 'exit') };
};

test('what is left of a gateway that was killed is ended, once', {
  skip: process.platform !== 'linux',
}, async (t) => {
  const path = join(testFolder(t), 'skill-processes.json');
  const before = new ServerProcesses(path);
  assert.equal(before.endLeftovers(), 0);
  const [one, other] = [await start(t), await start(t)];
  before.changed('one', one.pid);
  before.changed('other', other.pid);
  before.changed('other', null);
  await before.settled();

  assert.equal(new ServerProcesses(path).endLeftovers(), 1);
  assert.deepEqual(await one.ended, [null, 'SIGKILL']);
  process.kill(other.pid, 0);
  assert.equal(new ServerProcesses(path).endLeftovers(), 0, 'it is gone');
  before.changed('one', null);
  await before.settled();
  assert.equal(existsSync(path), false);
});

test('a process that only has the number of one of them is left alone, and so is everything by a damaged file', {
  skip: process.platform !== 'linux',
}, async (t) => {
  const path = join(testFolder(t), 'skill-processes.json');
  const { pid } = await start(t);
  const processes = new ServerProcesses(path);
  processes.changed('one', pid);
  await processes.settled();
  const [recorded] = JSON.parse(readFileSync(path, 'utf8'));
  for (const text of [
    JSON.stringify([{ ...recorded, startTicks: '1' }]),
    JSON.stringify([{ ...recorded, boot: 'another' }]),
    JSON.stringify([null, {}, { ...recorded, pid: 1 }, { ...recorded, pid: -1 }]),
    '{',
  ]) {
    writeFileSync(path, text);
    assert.equal(new ServerProcesses(path).endLeftovers(), 0, text);
  }
  process.kill(pid, 0);
});

test('what somebody else may have written ends nothing', {
  skip: process.platform !== 'linux',
}, async (t) => {
  const path = join(testFolder(t), 'skill-processes.json');
  const { pid, ended } = await start(t);
  const processes = new ServerProcesses(path);
  processes.changed('one', pid);
  await processes.settled();
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(dirname(path)), ['skill-processes.json'], 'no draft is left');

  chmodSync(path, 0o660);
  assert.equal(new ServerProcesses(path).endLeftovers(), 0, 'a group can write it');
  chmodSync(path, 0o600);
  renameSync(path, `${path}.own`);
  symlinkSync(`${path}.own`, path);
  assert.equal(new ServerProcesses(path).endLeftovers(), 0, 'a link');
  renameSync(`${path}.own`, path);
  if (process.geteuid?.() === 0) {
    chownSync(path, 1, 1);
    assert.equal(new ServerProcesses(path).endLeftovers(), 0, 'it belongs to somebody else');
    chownSync(path, 0, 0);
  }
  process.kill(pid, 0);
  assert.equal(new ServerProcesses(path).endLeftovers(), 1);
  assert.deepEqual(await ended, [null, 'SIGKILL']);
});
