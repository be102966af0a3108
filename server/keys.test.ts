import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KeyError, readBootstrapToken } from './keys.js';

test('the local token may be given, and only one that cannot be guessed is taken', () => {
  const token = `oc_local_${'0123456789abcdef'.repeat(2)}`;
  assert.equal(readBootstrapToken({}), null);
  assert.equal(readBootstrapToken({ OPENCLAW_BOOTSTRAP_TOKEN: `${token}\n` }), token);
  for (const wrong of [
    'oc_local_debug',
    'swordfish',
    `oc_user_${'a'.repeat(32)}`,
    `oc_local_${'-'.repeat(32)}`,
  ]) {
    assert.throws(
      () => readBootstrapToken({ OPENCLAW_BOOTSTRAP_TOKEN: wrong }),
      (error) => error instanceof KeyError && !error.message.includes(wrong),
    );
  }
  assert.throws(
    () => readBootstrapToken({ OPENCLAW_BOOTSTRAP_TOKEN: token, OPENCLAW_BOOTSTRAP_TOKEN_FILE: 'x' }),
    {
      message:
        'The local token is taken from OPENCLAW_BOOTSTRAP_TOKEN, which is set, and so is OPENCLAW_BOOTSTRAP_TOKEN_FILE: leave one of the two away.',
    },
  );
});
