import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { addressKey, isLoopbackAddress } from './address.js';

test('an IPv4 address is its own key, however it is spelled', () => {
  for (const spelling of [
    '203.0.113.9',
    '::ffff:203.0.113.9',
    '::FFFF:cb00:7109',
    '0000:0000:0000:0000:0000:ffff:cb00:7109',
    '0:0:0:0:0:ffff:203.0.113.9',
  ]) {
    assert.equal(addressKey(spelling), '203.0.113.9', spelling);
  }
});

test('IPv6 addresses of one /64 share a key', () => {
  for (const spelling of [
    '2001:db8:1:2::',
    '2001:db8:1:2::1',
    '2001:0db8:0001:0002:ffff:ffff:ffff:ffff',
    '2001:DB8:1:2:a:b:c:d%eth0',
    '2001:db8:1:2::192.0.2.1',
  ]) {
    assert.equal(addressKey(spelling), '2001:db8:1:2::/64', spelling);
  }
  assert.notEqual(addressKey('2001:db8:1:3::1'), addressKey('2001:db8:1:2::1'));
  assert.equal(addressKey('::1'), '0:0:0:0::/64');
  assert.equal(addressKey('1:2:3::'), '1:2:3:0::/64');
  assert.equal(addressKey('1:2:3:4:ffff::'), '1:2:3:4::/64');
});

test('every spelling of an IPv6 address has the key of its first four groups', () => {
  const group = fc.integer({ min: 0, max: 0xffff });
  fc.assert(
    fc.property(fc.array(group, { minLength: 8, maxLength: 8 }), fc.nat(8), fc.nat(8), (groups, from, to) => {
      // Written with "::" in place of any run of groups; a run that is not zero is made so first.
      const [start, end] = from < to ? [from, to] : [to, from];
      const zeroed = groups.map((value, index) => (index >= start && index < end ? 0 : value));
      fc.pre(zeroed.slice(0, 5).some((value) => value !== 0));
      const hex = (values: readonly number[]) => values.map((value) => value.toString(16)).join(':');
      const spelled = end > start ? `${hex(zeroed.slice(0, start))}::${hex(zeroed.slice(end))}` : hex(zeroed);
      assert.equal(addressKey(spelled), `${hex(zeroed.slice(0, 4))}::/64`);
    }),
  );
});

test('what is no address shares one key', () => {
  for (const text of [
    '',
    'localhost',
    '1.2.3',
    '1.2.3.4.5',
    '256.0.0.1',
    ':::',
    '1:2:3:4:5:6:7:8:9',
    'x'.repeat(1000),
  ]) {
    assert.equal(addressKey(text), 'unknown', text);
  }
});

test('an address of this machine alone is one in any spelling', () => {
  for (const own of ['127.0.0.1', '127.9.8.7', '::1', '0:0:0:0:0:0:0:1', '::ffff:127.0.0.1']) {
    assert.equal(isLoopbackAddress(own), true, own);
  }
  for (const other of [
    '',
    '128.0.0.1',
    '::',
    '::2',
    '1::1',
    '::1:1',
    '::ffff:192.0.2.1',
    '127.0.0.1.example',
    'localhost',
  ]) {
    assert.equal(isLoopbackAddress(other), false, other);
  }
});
