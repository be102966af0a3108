import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { ALL_SCOPES, AuthInputError } from './scopes.js';
import { hashToken, makeToken } from './token.js';
import { parseTokenFile, renderTokenFile, type TokenEntry, TokenFile, TokenFileError } from './token-file.js';

const entry = (name: string, change: Partial<TokenEntry> = {}): TokenEntry => ({
  tokenHash: hashToken(name),
  name,
  principal: 'alice',
  scopes: ['chat', 'status'],
  createdAtMs: Date.UTC(2026, 2, 20, 10, 15, 23),
  expiresAtMs: null,
  ...change,
});

const setUp = (t: TestContext) => {
  const folder = mkdtempSync(join(tmpdir(), 'tokens-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'tokens.toml');
  const log: string[] = [];
  const tokens = new TokenFile(path, {
    withLock: async (change) => {
      log.push('lock');
      try {
        return change();
      } finally {
        log.push('unlock');
      }
    },
    writeFile: (target, text) => {
      log.push('write');
      writeFileSync(target, text, { mode: 0o600 });
    },
  });
  return { tokens, path, log };
};

test('no file is no token', async (t) => {
  assert.deepEqual(setUp(t).tokens.list(), []);
});

test('tokens are added, listed in that order, and revoked, each change under the lock', async (t) => {
  const { tokens, log } = setUp(t);
  const laptop = entry('laptop', { expiresAtMs: Date.UTC(2027, 0, 1) });
  const phone = entry('phone');
  await tokens.add(laptop);
  await tokens.add(phone);
  assert.deepEqual(tokens.list(), [laptop, phone]);
  await tokens.revoke('laptop');
  assert.deepEqual(tokens.list(), [phone]);
  assert.deepEqual(log, Array(3).fill(['lock', 'write', 'unlock']).flat());
});

test('a name is unique until it is revoked', async (t) => {
  const { tokens } = setUp(t);
  await tokens.add(entry('ci'));
  const second = entry('ci', { tokenHash: hashToken('second') });
  await assert.rejects(
    tokens.add(second),
    /There is a token named "ci" already: choose another name, or run/,
  );
  await tokens.revoke('ci');
  await tokens.add(second);
  assert.deepEqual(tokens.list(), [second]);
});

test('the name of the local token is reserved; put replaces it', async (t) => {
  const { tokens } = setUp(t);
  await assert.rejects(tokens.add(entry('local')), AuthInputError);
  await tokens.put(entry('local'));
  const second = entry('local', { tokenHash: hashToken('second') });
  await tokens.put(second);
  assert.deepEqual(tokens.list(), [second]);
});

test('names and principals that could break the file or a terminal are refused, and nothing is written', async (t) => {
  const { tokens, log } = setUp(t);
  for (const text of ['', 'a b', 'a"', 'a\nb', 'ä', '\u001b[2J', 'x'.repeat(65)]) {
    await assert.rejects(tokens.add(entry('x', { name: text })), AuthInputError, text);
    await assert.rejects(tokens.add(entry('x', { principal: text })), AuthInputError, text);
  }
  assert.deepEqual(log, []);
});

test('revoking a token that is not there says so and writes nothing', async (t) => {
  const { tokens, log } = setUp(t);
  await assert.rejects(tokens.revoke('ghost'), /There is no token named "ghost"/);
  assert.deepEqual(log, ['lock', 'unlock']);
});

test('a token in the place of a name is neither stored nor repeated', async (t) => {
  const { tokens, log } = setUp(t);
  const token = makeToken('user');
  const refused = (error: unknown) => error instanceof AuthInputError && !error.message.includes(token);
  await assert.rejects(tokens.add(entry(token)), refused);
  await assert.rejects(tokens.revoke(token), refused);
  assert.deepEqual(log, []);
});

test('a broken file gives one sentence with its path, and is not overwritten', async (t) => {
  const { tokens, path } = setUp(t);
  const sound = renderTokenFile([entry('laptop')]);
  const broken: [string, RegExp][] = [
    ['[[token]\nhash = "secret"', /is not valid TOML at line 1:/],
    ['\n\nname = \n', /is not valid TOML at line 3:/],
    [sound.replace('hash =', 'hsah ='), /number 1, that has the unknown key "hsah"/],
    [sound.replace(/hash = "./, 'hash = "'), /needs a hash of 64/],
    [sound.replace('"laptop"', '"lap top"'), /needs a name/],
    [sound.replace('"alice"', '7'), /needs a principal/],
    [sound.replace('["chat", "status"]', '[]'), /needs a list of scopes/],
    [sound.replace('"status"', '"root"'), /names a scope that does not exist/],
    [sound.replace(/created = .*/, 'created = 2026-03-20'), /needs the time it was created/],
    [sound.replace(/created = .*/, 'created = 2026-03-20T10:15:23'), /needs the time it was created/],
    [sound.replace(/created = .*/, (line) => `${line}\nexpires = "tomorrow"`), /as expires/],
    [
      `${sound}${renderTokenFile([entry('laptop', { tokenHash: hashToken('other') })])}`,
      /two tokens named "laptop"/,
    ],
    [
      `${sound}${renderTokenFile([entry('other', { tokenHash: hashToken('laptop') })])}`,
      /the same hash twice/,
    ],
    ['token = 3', /no list of/],
    ['token = [3]', /no list of|is no table/],
    ['tokens = []', /unknown key "tokens"/],
    ['__proto__ = {token = []}', /unknown key "__proto__"/],
  ];
  for (const [text, expected] of broken) {
    writeFileSync(path, text);
    const isOneSentence = (error: unknown) =>
      error instanceof TokenFileError &&
      error.message.startsWith(path) &&
      !error.message.includes('\n') &&
      !error.message.includes('secret') &&
      expected.test(error.message);
    assert.throws(() => tokens.list(), isOneSentence, text);
    await assert.rejects(tokens.add(entry('new')), TokenFileError, text);
    assert.equal(readFileSync(path, 'utf8'), text);
  }
});

test('a folder in the place of the file is named', async (t) => {
  const { tokens, path } = setUp(t);
  mkdirSync(path);
  assert.throws(() => tokens.list(), /cannot be read \(EISDIR\)/);
});

test('what is written is read back', () => {
  const text = fc.stringMatching(/^[A-Za-z0-9._:-]{1,64}$/);
  const atMs = fc.integer({ min: 0, max: Date.UTC(2200, 0, 1) });
  const entries = fc.uniqueArray(
    fc.record(
      {
        tokenHash: fc.stringMatching(/^[0-9a-f]{64}$/),
        name: text,
        principal: text,
        scopes: fc.subarray([...ALL_SCOPES], { minLength: 1 }),
        createdAtMs: atMs,
        expiresAtMs: fc.option(atMs),
      },
      { noNullPrototype: true },
    ),
    { selector: ({ name }) => name, maxLength: 5 },
  );
  fc.assert(
    fc.property(entries, (made) => {
      fc.pre(new Set(made.map(({ tokenHash }) => tokenHash)).size === made.length);
      assert.deepEqual(parseTokenFile(renderTokenFile(made), 'tokens.toml'), made);
    }),
  );
});
