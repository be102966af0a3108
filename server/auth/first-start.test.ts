import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { ensureLocalToken, readTokenSecret } from './first-start.js';
import { ALL_SCOPES } from './scopes.js';
import { hashToken, looksLikeToken } from './token.js';
import { TokenFile, TokenFileError } from './token-file.js';

const NOW_MS = Date.UTC(2026, 2, 20, 10, 15, 23);
const writeFile = (path: string, text: string) => writeFileSync(path, text, { mode: 0o600 });

const setUp = (t: TestContext) => {
  const folder = mkdtempSync(join(tmpdir(), 'first-start-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'local-token');
  const tokens = new TokenFile(join(folder, 'tokens.toml'), {
    withLock: async (change) => change(),
    writeFile,
  });
  const ensure = (nowMs = NOW_MS, given: string | null = null) =>
    ensureLocalToken({ tokens, path, writeFile, nowMs, given });
  return { path, tokens, ensure };
};

test('the first start makes the local token; the second keeps it', async (t) => {
  const { path, tokens, ensure } = setUp(t);
  assert.equal(await ensure(), true);
  const text = readFileSync(path, 'utf8');
  const token = text.trimEnd();
  assert.equal(text, `${token}\n`);
  assert.ok(looksLikeToken(token) && token.startsWith('oc_local_'));
  assert.deepEqual(tokens.list(), [
    {
      tokenHash: hashToken(token),
      name: 'local',
      principal: 'local',
      scopes: ALL_SCOPES,
      createdAtMs: NOW_MS,
      expiresAtMs: null,
    },
  ]);
  assert.equal(await ensure(), false);
  assert.equal(readFileSync(path, 'utf8'), text);
});

test('a local token that is gone, revoked, expired or not the one on file is replaced, and the old one is void', async (t) => {
  const { path, tokens, ensure } = setUp(t);
  const spoil = [
    () => rmSync(path),
    () => tokens.revoke('local'),
    () => writeFileSync(path, ''),
    () => writeFileSync(path, 'oc_local_debug\n'),
    () => tokens.put({ ...localEntry(), expiresAtMs: NOW_MS }),
  ];
  const localEntry = () => {
    const [entry] = tokens.list();
    assert.ok(entry);
    return entry;
  };
  await ensure();
  for (const spoilIt of spoil) {
    const before = localEntry().tokenHash;
    await spoilIt();
    assert.equal(await ensure(), true);
    assert.equal(tokens.list().length, 1);
    assert.notEqual(localEntry().tokenHash, before);
    assert.equal(hashToken(readTokenSecret(path) ?? ''), localEntry().tokenHash);
    assert.equal(await ensure(), false);
  }
});

test('other tokens stay', async (t) => {
  const { path, tokens, ensure } = setUp(t);
  await tokens.add({
    tokenHash: hashToken('x'),
    name: 'ci',
    principal: 'ci',
    scopes: ['chat'],
    createdAtMs: NOW_MS,
    expiresAtMs: null,
  });
  await ensure();
  rmSync(path);
  await ensure();
  assert.deepEqual(
    tokens.list().map(({ name }) => name),
    ['ci', 'local'],
  );
});

test('a file that cannot be read stops the start and is not replaced', async (t) => {
  const { path, tokens, ensure } = setUp(t);
  mkdirSync(path);
  await assert.rejects(ensure(), /local-token cannot be read \(EISDIR\)/);
  rmSync(path, { recursive: true });
  writeFileSync(tokens.path, '[[token');
  await assert.rejects(ensure(), TokenFileError);
  assert.equal(readTokenSecret(path), null);
});

test('a token that is given is the local one, once it is given; another one voids it', async (t) => {
  const { path, tokens, ensure } = setUp(t);
  await ensure();
  const [one, other] = [
    'oc_local_0123456789abcdef0123456789abcdef',
    'oc_local_fedcba9876543210fedcba9876543210',
  ];
  for (const given of [one, other]) {
    assert.equal(await ensure(NOW_MS, given), true);
    assert.equal(readFileSync(path, 'utf8'), `${given}\n`);
    assert.deepEqual(
      tokens.list().map(({ name, tokenHash }) => [name, tokenHash]),
      [['local', hashToken(given)]],
    );
    assert.equal(await ensure(NOW_MS, given), false);
  }
  // It stays where none is given any more.
  assert.equal(await ensure(), false);
  assert.equal(readFileSync(path, 'utf8'), `${other}\n`);
});
