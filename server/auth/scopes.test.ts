import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SCOPES } from '../../schemas/define.js';
import { ALL_SCOPES, AuthInputError, DEFAULT_SCOPES, parseDurationMs, parseScopes } from './scopes.js';

test('the scopes are those of the method table, in its order', () => {
  assert.deepEqual(ALL_SCOPES, SCOPES);
});

test('a token has every scope but admin by default', () => {
  assert.deepEqual(DEFAULT_SCOPES, ['chat', 'channels', 'memory', 'skills', 'status']);
});

test('scopes are read from a comma-separated list', () => {
  assert.deepEqual(parseScopes('chat'), ['chat']);
  assert.deepEqual(parseScopes('status, chat,status'), ['chat', 'status']);
  assert.deepEqual(parseScopes(ALL_SCOPES.join(',')), ALL_SCOPES);
});

test('what is no scope is refused by name', () => {
  for (const text of ['', 'chat,', 'Chat', 'chat;admin', 'constructor', '__proto__', '*']) {
    assert.throws(() => parseScopes(text), AuthInputError, text);
  }
  assert.throws(
    () => parseScopes('chat,root'),
    /There is no scope "root": give one or more of chat,channels,/,
  );
});

test('durations carry their unit', () => {
  assert.equal(parseDurationMs('90s'), 90_000);
  assert.equal(parseDurationMs('45m'), 2_700_000);
  assert.equal(parseDurationMs('12h'), 43_200_000);
  assert.equal(parseDurationMs('30d'), 2_592_000_000);
  assert.equal(parseDurationMs('3650d'), 315_360_000_000);
});

test('what is no duration is refused', () => {
  for (const text of [
    '',
    '30',
    'd',
    '0d',
    '-1d',
    '1.5h',
    '1 d',
    '1w',
    '1e3s',
    '3651d',
    '99999999999d',
    '30D',
    '１d',
  ]) {
    assert.throws(() => parseDurationMs(text), AuthInputError, text);
  }
});
