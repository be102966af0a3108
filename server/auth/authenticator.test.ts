import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, renameSync, rmdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type Authentication, Authenticator, DEBUG_TOKEN } from './authenticator.js';
import { FailureThrottle } from './throttle.js';
import { hashToken, makeToken } from './token.js';
import { type TokenEntry, TokenFile, TokenFileError } from './token-file.js';

const NOW_MS = Date.UTC(2026, 2, 20, 10, 15, 23);
const ADDRESS = '203.0.113.9';

const writeFile = (path: string, text: string) => {
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
};

const setUp = (t: TestContext, acceptDebugToken = false) => {
  const folder = mkdtempSync(join(tmpdir(), 'authenticator-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'tokens.toml');
  const tokens = new TokenFile(path, { withLock: async (change) => change(), writeFile });
  const addToken = async (name: string, change: Partial<TokenEntry> = {}): Promise<string> => {
    const token = makeToken('user');
    await tokens.add({
      tokenHash: hashToken(token),
      name,
      principal: 'alice',
      scopes: ['chat'],
      createdAtMs: NOW_MS,
      expiresAtMs: null,
      ...change,
    });
    return token;
  };
  const faults: string[] = [];
  const open = () =>
    new Authenticator({
      path,
      throttle: new FailureThrottle(),
      acceptDebugToken,
      onFault: (sentence) => faults.push(sentence),
    });
  return { path, tokens, addToken, faults, open };
};

/** Both clocks tell the same time, but where a test is about that. */
const judge = (authenticator: Authenticator, token: string, address: string, atMs: number): Authentication =>
  authenticator.authenticate(token, address, atMs, atMs);

test('a valid token is known by name, principal and scopes', async (t) => {
  const { addToken, open } = setUp(t);
  const token = await addToken('laptop', { scopes: ['chat', 'admin'] });
  assert.deepEqual(judge(open(), token, ADDRESS, NOW_MS), {
    outcome: 'accepted',
    identity: {
      tokenHash: hashToken(token),
      name: 'laptop',
      principal: 'alice',
      scopes: ['chat', 'admin'],
      expiresAtMs: null,
    },
  });
});

test('unknown tokens are refused, the debug token and a stored hash among them', async (t) => {
  const { addToken, open } = setUp(t);
  const token = await addToken('laptop');
  const authenticator = open();
  for (const wrong of [
    '',
    token.slice(1),
    `${token} `,
    token.toUpperCase(),
    hashToken(token),
    DEBUG_TOKEN,
    makeToken('user'),
  ]) {
    assert.equal(judge(authenticator, wrong, ADDRESS, NOW_MS).outcome, 'refused', wrong);
  }
});

test('a token made after the start is accepted at once', async (t) => {
  const { addToken, open } = setUp(t);
  const authenticator = open();
  assert.equal(judge(authenticator, await addToken('first'), ADDRESS, NOW_MS).outcome, 'accepted');
  assert.equal(judge(authenticator, await addToken('second'), ADDRESS, NOW_MS).outcome, 'accepted');
});

test('a token is refused from the millisecond it expires, and reported once', async (t) => {
  const { addToken, open } = setUp(t);
  const token = await addToken('brief', { expiresAtMs: NOW_MS + 10 });
  const authenticator = open();
  assert.equal(judge(authenticator, token, ADDRESS, NOW_MS + 9).outcome, 'accepted');
  assert.deepEqual(authenticator.checkForChange(NOW_MS + 9), []);
  assert.equal(judge(authenticator, token, ADDRESS, NOW_MS + 10).outcome, 'refused');
  assert.deepEqual(authenticator.checkForChange(NOW_MS + 10), [hashToken(token)]);
  assert.deepEqual(authenticator.checkForChange(NOW_MS + 11), []);
});

test('a revoked token is reported, also when a handshake noticed the change first', async (t) => {
  const { tokens, addToken, open } = setUp(t);
  const kept = await addToken('kept');
  const revoked = await addToken('revoked');
  const unused = await addToken('unused');
  const authenticator = open();
  judge(authenticator, kept, ADDRESS, NOW_MS);
  judge(authenticator, revoked, ADDRESS, NOW_MS);
  await tokens.revoke('revoked');
  await tokens.revoke('unused');
  assert.equal(
    judge(authenticator, unused, ADDRESS, NOW_MS).outcome,
    'accepted',
    'not looked at the file yet',
  );
  assert.equal(judge(authenticator, 'oc_wrong', ADDRESS, NOW_MS).outcome, 'refused');
  assert.equal(judge(authenticator, revoked, ADDRESS, NOW_MS).outcome, 'refused');
  assert.deepEqual(authenticator.checkForChange(NOW_MS), [revoked, unused].map(hashToken));
  assert.deepEqual(authenticator.checkForChange(NOW_MS), []);
  assert.equal(judge(authenticator, kept, ADDRESS, NOW_MS).outcome, 'accepted');
});

test('a token made and revoked between two looks is reported', async (t) => {
  const { tokens, addToken, open } = setUp(t);
  const authenticator = open();
  const token = await addToken('brief');
  assert.equal(judge(authenticator, token, ADDRESS, NOW_MS).outcome, 'accepted');
  await tokens.revoke('brief');
  assert.deepEqual(authenticator.checkForChange(NOW_MS), [hashToken(token)]);
});

test('a token whose rights change ends its connections; one that is merely renamed does not', async (t) => {
  const { tokens, addToken, open } = setUp(t);
  const token = await addToken('laptop');
  const tokenHash = hashToken(token);
  const authenticator = open();
  judge(authenticator, token, ADDRESS, NOW_MS);
  await tokens.revoke('laptop');
  const renamed: TokenEntry = {
    tokenHash,
    name: 'desk',
    principal: 'alice',
    scopes: ['chat'],
    createdAtMs: NOW_MS,
    expiresAtMs: null,
  };
  await tokens.add(renamed);
  assert.deepEqual(authenticator.checkForChange(NOW_MS), []);
  await tokens.put({ ...renamed, scopes: ['status'] });
  assert.deepEqual(authenticator.checkForChange(NOW_MS), [tokenHash]);
});

test('a deleted file revokes every token', async (t) => {
  const { path, addToken, open } = setUp(t);
  const token = await addToken('laptop');
  const authenticator = open();
  judge(authenticator, token, ADDRESS, NOW_MS);
  rmSync(path);
  assert.deepEqual(authenticator.checkForChange(NOW_MS), [hashToken(token)]);
});

test('a change that keeps size and modification time is noticed', async (t) => {
  const { path, addToken, tokens, open } = setUp(t);
  const first = await addToken('a');
  utimesSync(path, 1, 1);
  const authenticator = open();
  judge(authenticator, first, ADDRESS, NOW_MS);
  await tokens.revoke('a');
  const second = await addToken('b');
  utimesSync(path, 1, 1);
  assert.deepEqual(authenticator.checkForChange(NOW_MS), [hashToken(first)]);
  assert.equal(judge(authenticator, second, ADDRESS, NOW_MS).outcome, 'accepted');
});

test('a file that breaks while running keeps the known tokens, admits no other, and is reported once a fault', async (t) => {
  const { path, tokens, addToken, faults, open } = setUp(t);
  const known = await addToken('known');
  const authenticator = open();
  judge(authenticator, known, ADDRESS, NOW_MS);
  writeFile(path, '[[token');
  assert.deepEqual(authenticator.checkForChange(NOW_MS), []);
  assert.deepEqual(authenticator.checkForChange(NOW_MS), []);
  assert.equal(judge(authenticator, known, ADDRESS, NOW_MS).outcome, 'accepted');
  assert.equal(judge(authenticator, makeToken('user'), ADDRESS, NOW_MS).outcome, 'refused');
  assert.equal(faults.length, 1);
  assert.match(faults[0] ?? '', /tokens\.toml is not valid TOML at line 1: correct it/);
  rmSync(path);
  const next = await addToken('next');
  assert.equal(judge(authenticator, next, ADDRESS, NOW_MS).outcome, 'accepted');
  assert.deepEqual(authenticator.checkForChange(NOW_MS), [hashToken(known)]);
  writeFile(path, 'again = broken');
  authenticator.checkForChange(NOW_MS);
  assert.equal(faults.length, 2);
  assert.throws(() => tokens.list(), TokenFileError);
});

test('a file that is broken at the start admits nobody', async (t) => {
  const { path, open } = setUp(t);
  writeFile(path, '[[token');
  assert.throws(open, TokenFileError);
});

test('the debug token speaks for local with every scope but admin, where it is allowed', async (t) => {
  const { open } = setUp(t, true);
  const authenticator = open();
  const answer = judge(authenticator, DEBUG_TOKEN, '127.0.0.1', NOW_MS);
  assert.ok(answer.outcome === 'accepted');
  assert.equal(answer.identity.principal, 'local');
  assert.deepEqual(answer.identity.scopes, ['chat', 'channels', 'memory', 'skills', 'status']);
  assert.deepEqual(authenticator.checkForChange(NOW_MS), []);
});

test('a file that cannot be read for a while is read once it can be', async (t) => {
  const { addToken, open, path, faults } = setUp(t);
  const token = await addToken('ada');
  const authenticator = open();
  assert.equal(judge(authenticator, token, ADDRESS, NOW_MS).outcome, 'accepted');
  // The token is revoked while a directory of its name is in the way.
  renameSync(path, `${path}.aside`);
  mkdirSync(path);
  assert.deepEqual(authenticator.checkForChange(NOW_MS), []);
  assert.deepEqual(authenticator.checkForChange(NOW_MS), []);
  assert.equal(faults.length, 1, 'it is told once');
  rmdirSync(path);
  writeFileSync(path, '');
  assert.equal(authenticator.checkForChange(NOW_MS).length, 1);
});

test('after ten failures an address is throttled, loopback too; a valid token passes, one that was made a moment ago too', async (t) => {
  const { addToken, open } = setUp(t);
  const known = await addToken('known');
  const authenticator = open();
  for (let failure = 0; failure < 10; failure++) {
    assert.equal(judge(authenticator, `wrong${failure}`, '127.0.0.1', NOW_MS + failure).outcome, 'refused');
  }
  assert.deepEqual(judge(authenticator, 'wrong', '::ffff:127.0.0.1', NOW_MS + 1000), {
    outcome: 'throttled',
    retryAfterMs: 59_000,
  });
  assert.equal(judge(authenticator, known, '127.0.0.1', NOW_MS + 1000).outcome, 'accepted');
  const made = await addToken('made');
  assert.equal(judge(authenticator, made, '127.0.0.1', NOW_MS + 1000).outcome, 'accepted');
});
