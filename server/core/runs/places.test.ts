import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Places } from './places.js';

interface Named {
  readonly name: string;
}
const named = (name: string): Named => ({ name });

test('beyond the limits one waits, and places that become free go round among the owners', () => {
  const places = new Places<Named, Named>({ maxStreams: 3, maxStreamsPerPrincipal: 2 });
  const [ada, bob, eve] = [named('ada'), named('bob'), named('eve')];
  const channels = ['a1', 'a2', 'a3', 'a4', 'b1', 'b2', 'e1'].map(named);
  const [a1, a2, a3, a4, b1, b2, e1] = channels as [Named, Named, Named, Named, Named, Named, Named];
  assert.deepEqual(
    [a1, a2, a3, a4].map((channel) => places.take(ada, channel)),
    [true, true, false, false],
  );
  // Those of ada wait for her own places: the third of all is free.
  assert.equal(places.take(bob, b1), true);
  assert.equal(places.take(bob, b2), false);
  assert.equal(places.take(eve, e1), false);
  places.release(ada);
  assert.equal(places.next(), b2);
  assert.equal(places.next(), null);
  places.release(bob);
  assert.equal(places.next(), e1);
  places.release(ada);
  assert.equal(places.next(), a3);
  places.leave(ada, a4);
  places.release(eve);
  assert.equal(places.next(), null);
});

test('a higher limit is used at once, a lower one takes nothing away', () => {
  const limits = { maxStreams: 10, maxStreamsPerPrincipal: 2 };
  const places = new Places<Named, Named>(limits);
  const ada = named('ada');
  const channels = Array.from({ length: 4 }, (_, at) => named(`c${at}`));
  for (const channel of channels) places.take(ada, channel);
  limits.maxStreamsPerPrincipal = 3;
  places.limitsChanged();
  assert.equal(places.next(), channels[2]);
  limits.maxStreamsPerPrincipal = 1;
  places.limitsChanged();
  places.release(ada);
  places.release(ada);
  assert.equal(places.next(), null);
  places.release(ada);
  assert.equal(places.next(), channels[3]);
});

test('whatever is taken, released and left, no limit is passed, nobody is forgotten and nobody waits beside a free place', () => {
  const step = fc.record({
    what: fc.constantFrom('take', 'release', 'leave'),
    owner: fc.nat(3),
    channel: fc.nat(5),
  });
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 6 }),
      fc.integer({ min: 1, max: 4 }),
      fc.array(step),
      (all, own, steps) => {
        const places = new Places<Named, Named>({ maxStreams: all, maxStreamsPerPrincipal: own });
        const owners = [0, 1, 2, 3].map((at) => named(`o${at}`));
        const channels = owners.map((owner) =>
          Array.from({ length: 6 }, (_, at) => named(`${owner.name}c${at}`)),
        );
        const streaming = owners.map(() => new Set<Named>());
        const waiting = owners.map(() => new Set<Named>());
        const serve = (): void => {
          for (let next = places.next(); next !== null; next = places.next()) {
            const channel = next;
            const at = channels.findIndex((of) => of.includes(channel));
            assert.ok(waiting[at]?.delete(channel));
            streaming[at]?.add(channel);
          }
        };
        for (const { what, owner: at, channel: nth } of steps) {
          const [owner, channel] = [owners[at] as Named, channels[at]?.[nth] as Named];
          const [mine, queued] = [streaming[at] as Set<Named>, waiting[at] as Set<Named>];
          if (what === 'take' && !mine.has(channel)) {
            (places.take(owner, channel) ? mine : queued).add(channel);
          } else if (what === 'release') {
            const [one] = mine;
            if (one !== undefined) {
              mine.delete(one);
              places.release(owner);
              serve();
            }
          } else if (what === 'leave') {
            queued.delete(channel);
            places.leave(owner, channel);
          }
          const total = streaming.reduce((sum, { size }) => sum + size, 0);
          assert.ok(total <= all && streaming.every(({ size }) => size <= own));
          for (const [who, of] of waiting.entries()) {
            assert.ok(of.size === 0 || total === all || streaming[who]?.size === own);
          }
        }
        while (streaming.some(({ size }) => size > 0)) {
          for (const [at, mine] of streaming.entries()) {
            const [one] = mine;
            if (one === undefined) continue;
            mine.delete(one);
            places.release(owners[at] as Named);
            serve();
          }
        }
        assert.ok(waiting.every(({ size }) => size === 0));
      },
    ),
  );
});
