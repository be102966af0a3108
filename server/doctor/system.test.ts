import assert from 'node:assert/strict';
import { test } from 'node:test';
import { descriptors, kernel } from './system.js';

test('too few descriptors are a warning, next to none an error', () => {
  assert.equal(descriptors(1000, null).level, 'ok');
  assert.equal(descriptors(1000, 1256).level, 'ok');
  const few = descriptors(1000, 1255);
  assert.deepEqual(
    [few.level, few.message],
    ['warning', '1255 are allowed, which is 999 connections instead of 1000'],
  );
  assert.match(few.advice ?? '', / to 1256, or lower gateway\.max_connections$/);
  assert.equal(descriptors(1000, 300).level, 'error');
  assert.equal(descriptors(1000, 100).message, '100 are allowed, which is 0 connections instead of 1000');
});

test('kernel settings are looked at where they matter', () => {
  const small = kernel(100_000, (name) => (name === 'fs.file-max' ? 1_000_000 : 128));
  assert.deepEqual(
    small.map(({ level, message }) => [level, message.split(' ')[0]]),
    [
      ['warning', 'net.core.somaxconn'],
      ['warning', 'net.ipv4.tcp_max_syn_backlog'],
      ['ok', 'fs.file-max'],
      ['warning', 'net.netfilter.nf_conntrack_max'],
    ],
  );
  assert.equal(small[3]?.advice, 'sysctl -w net.netfilter.nf_conntrack_max=200000');
  assert.deepEqual(
    kernel(100, () => 250).map(({ level }) => level),
    ['ok'],
  );
  assert.deepEqual(
    kernel(100_000, () => null),
    [],
  );
});
