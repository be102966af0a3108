import assert from 'node:assert/strict';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { hashToken } from '../server/auth/token.js';
import { openHome } from './recorded-terminal.js';

test('a token is printed once, alone, and only its hash is kept', async (t) => {
  const { home, run } = openHome(t);
  const { status, stdout, stderr } = await run(['token', 'create', '--name', 'laptop']);
  assert.equal(status, 0);
  assert.match(stdout, /^oc_user_[0-9A-Za-z]{27}\n$/);
  assert.equal(stderr, '');
  const path = join(home, 'tokens.toml');
  const text = readFileSync(path, 'utf8');
  assert.ok(!text.includes(stdout.trim()));
  assert.ok(text.includes(hashToken(stdout.trim())));
  assert.equal(statSync(path).mode & 0o777, 0o600);
});

test('tokens are listed with their rights and revoked by name', async (t) => {
  const { run } = openHome(t);
  await run(['token', 'create', '--name', 'laptop']);
  await run([
    'token',
    'create',
    '--name',
    'ci',
    '--principal',
    'build',
    '--scopes',
    'status,chat',
    '--expires',
    '30d',
  ]);
  const listed = JSON.parse((await run(['token', 'list', '--json'])).stdout) as Record<string, unknown>[];
  assert.deepEqual(
    listed.map(({ name, principal, scopes, expired }) => ({ name, principal, scopes, expired })),
    [
      {
        name: 'laptop',
        principal: 'local',
        scopes: ['chat', 'channels', 'memory', 'skills', 'status'],
        expired: false,
      },
      { name: 'ci', principal: 'build', scopes: ['chat', 'status'], expired: false },
    ],
  );
  const [laptop, ci] = listed;
  assert.equal(laptop?.expires_at, null);
  assert.equal(Date.parse(String(ci?.expires_at)) - Date.parse(String(ci?.created_at)), 30 * 86_400_000);
  assert.equal((await run(['token', 'revoke', 'laptop'])).status, 0);
  const table = (await run(['token', 'list'])).stdout;
  assert.match(
    table,
    /^NAME +PRINCIPAL +SCOPES +CREATED +EXPIRES\nci +build +chat,status +\S+ \S+Z +\S+ \S+Z\n$/,
  );
  const again = await run(['token', 'revoke', 'laptop']);
  assert.equal(again.status, 1);
  assert.match(again.stderr, /^There is no token named "laptop": .*\n$/);
});

test('names are unique; many commands at once lose no token', async (t) => {
  const { run } = openHome(t);
  const names = ['a', 'b', 'c', 'd', 'a', 'e'];
  const outcomes = await Promise.all(names.map((name) => run(['token', 'create', '--name', name])));
  assert.deepEqual(outcomes.map(({ status }) => status).sort(), [0, 0, 0, 0, 0, 1]);
  const listed = JSON.parse((await run(['token', 'list', '--json'])).stdout) as { name: string }[];
  assert.deepEqual(listed.map(({ name }) => name).sort(), ['a', 'b', 'c', 'd', 'e']);
});

test('the local token is shown where there is one', async (t) => {
  const { home, run } = openHome(t);
  const missing = await run(['token', 'show']);
  assert.deepEqual([missing.status, missing.stdout], [1, '']);
  assert.match(
    missing.stderr,
    /^There is no local token in .*local-token yet: `openclaw gateway` makes it.*\n$/,
  );
  writeFileSync(join(home, 'local-token'), 'oc_local_something\n');
  assert.equal((await run(['token', 'show'])).stdout, 'oc_local_something\n');
  const json = (await run(['token', 'show', '--json'])).stdout;
  assert.deepEqual(JSON.parse(json), { token: 'oc_local_something' });
});

test('a broken token file is named, and left as it is', async (t) => {
  const { home, run } = openHome(t);
  const path = join(home, 'tokens.toml');
  writeFileSync(path, '[[token');
  for (const line of ['token list', 'token create --name a', 'token revoke a']) {
    const { status, stderr } = await run(line.split(' '));
    assert.equal(status, 1, line);
    assert.ok(stderr.startsWith(`${path} is not valid TOML at line 1: correct it`), stderr);
  }
  assert.equal(readFileSync(path, 'utf8'), '[[token');
});
