import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { clientAddress, plainAddress, TrustedProxies } from './client-address.js';

const PEER = '10.0.0.1';
const RANGES = ['10.0.0.0/8', '2001:db8:aaaa::/48', '::1'];
const proxies = new TrustedProxies(RANGES);

const from = (peer: string, forwardedFor: readonly string[] = [], proxied = '') =>
  clientAddress({ peer, proxied, forwardedFor }, proxies);

test('an address has one spelling, and an IPv4 address stays one', () => {
  assert.equal(plainAddress('203.0.113.9'), '203.0.113.9');
  for (const mapped of [
    '::ffff:203.0.113.9',
    '::FFFF:cb00:7109',
    '0000:0000:0000:0000:0000:ffff:cb00:7109',
  ]) {
    assert.equal(plainAddress(mapped), '203.0.113.9', mapped);
  }
  assert.equal(plainAddress('2001:0DB8::0:1'), '2001:db8::1');
  for (const none of [
    '',
    'unknown',
    '1.2.3',
    '1.2.3.4.5',
    '01.2.3.4',
    '1.2.3.4/8',
    'fe80::1%eth0',
    '_hidden',
  ]) {
    assert.equal(plainAddress(none), null, none);
  }
});

test('from a peer that is not trusted nothing is believed', () => {
  const forwardedFor = ['192.0.2.1'];
  for (const peer of ['203.0.113.1', '11.0.0.0', '2001:db8:aaab::1', '::2']) {
    assert.equal(clientAddress({ peer, proxied: '192.0.2.1', forwardedFor }, proxies), peer);
  }
});

test('a trusted peer, in whatever spelling, names its client', () => {
  for (const peer of [
    PEER,
    '::ffff:10.9.9.9',
    '0000:0000:0000:0000:0000:ffff:0a00:0001',
    '2001:db8:aaaa:1::1',
  ]) {
    assert.equal(from(peer, ['192.0.2.1']), '192.0.2.1', peer);
  }
  assert.equal(from(PEER, ['2001:DB8::7']), '2001:db8::7');
  assert.equal(from(PEER, ['::ffff:192.0.2.1']), '192.0.2.1');
});

test('the right-most that is no trusted proxy counts, whatever stands left of it', () => {
  assert.equal(from(PEER, ['198.51.100.1, 192.0.2.1']), '192.0.2.1');
  assert.equal(from(PEER, ['198.51.100.1, 192.0.2.1, 10.2.2.2 ,10.3.3.3']), '192.0.2.1');
  for (const forged of ['garbage', '', ',,', '10.0.0.7', '127.0.0.1', 'x'.repeat(4000)]) {
    assert.equal(from(PEER, [`${forged}, 192.0.2.1`]), '192.0.2.1', forged);
    assert.equal(from(PEER, [forged, '192.0.2.1']), '192.0.2.1', forged);
  }
});

test('several lines are one list, and empty elements are none', () => {
  assert.equal(from(PEER, ['198.51.100.1', '192.0.2.1']), '192.0.2.1');
  assert.equal(from(PEER, ['192.0.2.1', '10.2.2.2']), '192.0.2.1');
  assert.equal(from(PEER, ['192.0.2.1,', ' ', '\t,']), '192.0.2.1');
});

test('ports and brackets of proxies that write them are left out', () => {
  assert.equal(from(PEER, ['192.0.2.1:4711']), '192.0.2.1');
  assert.equal(from(PEER, ['[2001:db8::7]:4711']), '2001:db8::7');
  assert.equal(from(PEER, ['[2001:db8::7]']), '2001:db8::7');
});

test('what is no address where one counts leaves the peer', () => {
  for (const malformed of [
    'unknown',
    '192.0.2.256',
    '192.0.2.1:',
    '[::7',
    '::7]',
    '192.0.2.1 10.0.0.1',
    '"::7"',
  ]) {
    assert.equal(from(PEER, [`198.51.100.1, ${malformed}`]), PEER, malformed);
    assert.equal(from(PEER, [`198.51.100.1, ${malformed}, 10.2.2.2`]), PEER, malformed);
  }
  assert.equal(from(PEER), PEER);
  assert.equal(from(PEER, ['192.0.2.1'], 'garbage'), PEER);
});

test('where all are trusted, the farthest is the client', () => {
  assert.equal(from(PEER, ['10.4.4.4, 10.3.3.3', '10.2.2.2']), '10.4.4.4');
});

test('a PROXY header goes before X-Forwarded-For, which is read on where it names a trusted proxy', () => {
  assert.equal(from(PEER, ['192.0.2.1'], '198.51.100.1'), '198.51.100.1');
  assert.equal(from(PEER, ['192.0.2.1'], '10.2.2.2'), '192.0.2.1');
  assert.equal(from(PEER, [], '10.2.2.2'), '10.2.2.2');
  assert.equal(from(PEER, [], '2001:0db8:0000:0000:0000:0000:0000:0001'), '2001:db8::1');
});

/** An address as a number, to judge by arithmetic what the ranges judge by bits. */
const spellings = {
  4: (value: bigint) => [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 0xffn).join('.'),
  6: (value: bigint) =>
    Array.from({ length: 8 }, (_, at) => ((value >> BigInt(112 - 16 * at)) & 0xffffn).toString(16)).join(':'),
} as const;

test('a range holds exactly the addresses that begin with its bits', () => {
  const wordOf = (bits: number) => fc.bigInt({ min: 0n, max: (1n << BigInt(bits)) - 1n });
  for (const [version, bits] of [
    [4, 32],
    [6, 128],
  ] as const) {
    const spell = spellings[version];
    fc.assert(
      fc.property(wordOf(bits), fc.nat(bits), wordOf(bits), fc.nat(bits), (base, prefix, noise, flipped) => {
        // Mapped addresses belong to IPv4; and an address that differs from the range's in one chosen bit is the hard one.
        fc.pre(version === 4 || base >> 48n !== 0n);
        const host = (1n << BigInt(bits - prefix)) - 1n;
        const mark = flipped < bits ? 1n << BigInt(flipped) : 0n;
        const address = base ^ mark ^ (noise & host);
        fc.pre(version === 4 || address >> 48n !== 0n);
        const range = new TrustedProxies([`${spell(base)}/${prefix}`]);
        const inside = address >> BigInt(bits - prefix) === base >> BigInt(bits - prefix);
        assert.equal(range.has(plainAddress(spell(address)) ?? ''), inside);
      }),
      { numRuns: 500 },
    );
  }
});

test('a range in a mapped spelling is one of IPv4', () => {
  const mapped = new TrustedProxies(['::ffff:192.0.2.0/120', '::ffff:198.51.100.7']);
  assert.deepEqual(
    ['192.0.2.9', '192.0.3.9', '198.51.100.7', '198.51.100.8'].map((address) => mapped.has(address)),
    [true, false, true, false],
  );
  assert.equal(new TrustedProxies(['::/0']).has('192.0.2.9'), false);
  assert.equal(new TrustedProxies(['::ffff:0:0/90']).has('192.0.2.9'), false);
});

test('whatever strangers and clients write, the address is one, and never a trusted one they chose', () => {
  const address = fc.oneof(fc.ipV4(), fc.ipV6());
  const element = fc.oneof(address, fc.string(), fc.constantFrom('', ' ', '10.1.1.1', '::1', '[::]:0'));
  fc.assert(
    fc.property(fc.array(element), fc.ipV4(), (forged, client) => {
      fc.pre(!client.startsWith('10.'));
      assert.equal(from(PEER, [...forged, client]), client);
      assert.equal(from(client, forged), client);
      const found = from(PEER, forged);
      assert.notEqual(plainAddress(found), null);
    }),
  );
});
