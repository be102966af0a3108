import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hashToken, looksLikeToken, makeToken, sameTokenHash } from './token.js';

test('a token says its kind and carries 160 bits of base62', () => {
  assert.match(makeToken('local'), /^oc_local_[0-9A-Za-z]{27}$/);
  assert.match(makeToken('user'), /^oc_user_[0-9A-Za-z]{27}$/);
});

test('tokens use the whole alphabet evenly and do not repeat', () => {
  const counts = new Map<string, number>();
  const seen = new Set<string>();
  const tokens = 4000;
  for (let made = 0; made < tokens; made++) {
    const token = makeToken('user');
    seen.add(token);
    for (const character of token.slice('oc_user_'.length))
      counts.set(character, (counts.get(character) ?? 0) + 1);
  }
  assert.equal(seen.size, tokens);
  assert.equal(counts.size, 62);
  // 1742 expected of each, standard deviation 41: eight of them is never chance, and a modulo bias (25 %) is ten.
  for (const [character, count] of counts)
    assert.ok(Math.abs(count - (tokens * 27) / 62) < 330, `${character}: ${count}`);
});

test('the form of a token is recognised', () => {
  assert.ok(looksLikeToken(makeToken('local')));
  for (const text of [
    '',
    'oc_local_debug',
    `${makeToken('local')}\n`,
    ` ${makeToken('user')}`,
    'ghp_0123456789012345678901',
  ]) {
    assert.equal(looksLikeToken(text), false, JSON.stringify(text));
  }
});

test('the hash is SHA-256 in hex (FIPS 180-2 appendix B.1)', () => {
  assert.equal(hashToken('abc'), 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
});

test('hashes are compared whole', () => {
  const hash = hashToken('abc');
  assert.ok(sameTokenHash(hash, hashToken('abc')));
  assert.equal(sameTokenHash(hash, hashToken('abd')), false);
  assert.equal(sameTokenHash(hash, hash.slice(1)), false);
  assert.equal(sameTokenHash(hash, `${hash.slice(0, 63)}é`), false);
});
