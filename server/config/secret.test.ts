import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { KeyError, readSecretFile, readSecretVariable } from './secret.js';

const PLACE = 'metrics.token_env names the variable TOKEN';

const folder = (t: TestContext) => {
  const dir = mkdtempSync(join(tmpdir(), 'secret-'));
  t.after(() => rmSync(dir, { recursive: true }));
  const write = (text: string, mode = 0o600): string => {
    const file = join(dir, 'secret');
    writeFileSync(file, text);
    chmodSync(file, mode);
    return file;
  };
  return { dir, write };
};

/** The sentence with which it is refused. */
const refusal = (read: () => unknown): string => {
  try {
    read();
  } catch (error) {
    assert.ok(error instanceof KeyError);
    return error.message;
  }
  return assert.fail('it was taken');
};

test('a variable says a secret, or the file that NAME_FILE names does', (t) => {
  const { write } = folder(t);
  const read = (env: Readonly<Record<string, string>>) => readSecretVariable(PLACE, 'TOKEN', env);
  assert.deepEqual(read({ TOKEN: 'abc' }), { text: 'abc', place: PLACE });
  const file = write('from-a-file\n');
  assert.deepEqual(read({ TOKEN_FILE: file }), {
    text: 'from-a-file\n',
    place: `${PLACE}, and TOKEN_FILE names ${file}`,
  });
  // An empty variable is none: compose files and charts pass those on that nobody has set.
  assert.deepEqual(read({ TOKEN: 'abc', TOKEN_FILE: '' }), { text: 'abc', place: PLACE });
  assert.equal(read({ TOKEN: '', TOKEN_FILE: file })?.text, 'from-a-file\n');
  for (const none of [{}, { TOKEN: '' }, { TOKEN: '', TOKEN_FILE: '' }, { OTHER_FILE: file }])
    assert.equal(read(none), null);
});

test('a variable and its file, both set, are refused, and neither is read', () => {
  const env = { TOKEN: 'sk-canary', TOKEN_FILE: '/nowhere' };
  assert.equal(
    refusal(() => readSecretVariable(PLACE, 'TOKEN', env)),
    `${PLACE}, which is set, and so is TOKEN_FILE: leave one of the two away.`,
  );
});

test('a file that everyone may read or change, that is none, or is too large, is refused in one sentence', (t) => {
  const { dir, write } = folder(t);
  const asked = (file: string): string => refusal(() => readSecretFile('x names it', file));
  assert.equal(
    asked(join(dir, 'nothing')),
    'x names it, which cannot be read (ENOENT): mend that, or leave it empty.',
  );
  assert.equal(asked(dir), 'x names it, which is no file: name one, or leave it empty.');
  for (const mode of [0o604, 0o644, 0o444])
    assert.equal(
      asked(write('sk-canary', mode)),
      'x names it, which everyone may read: run chmod 600 on it.',
    );
  assert.equal(
    asked(write('sk-canary', 0o602)),
    'x names it, which everyone may change: run chmod 600 on it.',
  );
  // A group is the deployment's choice (fsGroup).
  for (const mode of [0o400, 0o440, 0o640]) assert.equal(readSecretFile('x', write('abc', mode)), 'abc');
  assert.match(asked(write('x'.repeat(65_537))), /larger than 64 KiB/);
});

test('a named pipe that nobody writes to holds nothing up', { skip: process.platform === 'win32' }, (t) => {
  const { dir } = folder(t);
  const pipe = join(dir, 'pipe');
  assert.equal(spawnSync('mkfifo', ['-m', '600', pipe]).status, 0);
  assert.match(
    refusal(() => readSecretFile('x', pipe)),
    /which is no file/,
  );
});
