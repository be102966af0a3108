import assert from 'node:assert/strict';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { CliError } from './io.js';
import { NewFile } from './new-file.js';

const folder = (t: TestContext): string => {
  const dir = mkdtempSync(join(tmpdir(), 'openclaw-'));
  t.after(() => rmSync(dir, { recursive: true }));
  return dir;
};

test('has its name once it is whole, and is private', (t) => {
  const dir = folder(t);
  const file = new NewFile(join(dir, 'a'), false);
  file.append('one ');
  file.append('two');
  assert.ok(!readdirSync(dir).includes('a'));
  file.finish();
  assert.deepEqual(readdirSync(dir), ['a']);
  assert.equal(readFileSync(file.path, 'utf8'), 'one two');
  assert.equal(statSync(file.path).mode & 0o777, 0o600);
  file.discard();
  assert.deepEqual(readdirSync(dir), ['a']);
});

test('takes no other’s place unasked, not even one that came meanwhile or leads elsewhere', (t) => {
  const dir = folder(t);
  const path = join(dir, 'a');
  const late = new NewFile(path, false);
  writeFileSync(path, 'precious');
  symlinkSync(path, join(dir, 'link'));
  assert.throws(() => late.finish(), /^CliError: .*a is there already: .*--force/);
  for (const name of ['a', 'link']) assert.throws(() => new NewFile(join(dir, name), false), CliError);
  assert.equal(readFileSync(path, 'utf8'), 'precious');
  assert.deepEqual(readdirSync(dir), ['a', 'link']);
  const forced = new NewFile(join(dir, 'link'), true);
  forced.append('new');
  forced.finish();
  assert.deepEqual(
    [readFileSync(path, 'utf8'), readFileSync(join(dir, 'link'), 'utf8')],
    ['precious', 'new'],
  );
});

test('takes another file in whole', (t) => {
  const dir = folder(t);
  writeFileSync(join(dir, 'from'), 'content');
  const file = new NewFile(join(dir, 'a'), false);
  file.take(join(dir, 'from'));
  file.finish();
  assert.deepEqual(readdirSync(dir), ['a']);
  assert.equal(readFileSync(file.path, 'utf8'), 'content');
});

test('what cannot be written is a sentence, and leaves nothing', (t) => {
  const dir = folder(t);
  mkdirSync(join(dir, 'sub'));
  assert.throws(() => new NewFile(join(dir, 'missing', 'a'), false), /cannot be written: no such file/);
  const file = new NewFile(join(dir, 'sub', 'a'), false);
  assert.throws(() => file.take(join(dir, 'nothing')), /cannot be written: no such file/);
  assert.deepEqual(readdirSync(join(dir, 'sub')), []);
});
