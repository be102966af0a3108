import assert from 'node:assert/strict';
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { pinOf } from './pin.js';
import { PinFile } from './pin-file.js';
import { testFolder } from './test-servers.js';

const pin = pinOf([{ name: 'echo', description: '', parameters: {} }]);
const other = pinOf([]);

test('pins are kept in a private file, and found again', async (t) => {
  const dir = testFolder(t);
  const path = join(dir, 'skills.json');
  const pins = new PinFile(path);
  assert.equal(pins.get('files'), null);
  await Promise.all([pins.set('files', pin), pins.set('graph', other), pins.set('files', other)]);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(dir), ['skills.json']);
  const again = new PinFile(path);
  assert.deepEqual([again.get('files'), again.get('graph'), again.get('constructor')], [other, other, null]);
});

test('a damaged file is not taken for none', (t) => {
  const path = join(testFolder(t), 'skills.json');
  for (const text of [
    '',
    '{',
    '{}',
    '[]',
    '{"servers":{"files":{"hash":"x","tools":{}}}}',
    '{"servers":[]}',
  ]) {
    writeFileSync(path, text);
    assert.throws(
      () => new PinFile(path),
      { name: 'PinFileError', message: /is damaged: put it back/ },
      text,
    );
  }
});

test('what cannot be written is not taken for pinned, and the next time it can', async (t) => {
  const dir = testFolder(t);
  const path = join(dir, 'gone', 'skills.json');
  const pins = new PinFile(path);
  await assert.rejects(pins.set('files', pin), { code: 'ENOENT' });
  assert.equal(pins.get('files'), null);
  rmSync(path, { force: true });
  const { mkdirSync } = await import('node:fs');
  mkdirSync(join(dir, 'gone'));
  await pins.set('files', pin);
  assert.deepEqual(JSON.parse(readFileSync(path, 'utf8')).servers.files, pin);
});
