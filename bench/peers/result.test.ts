import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Measurement } from './client/measure.js';
import type { Series } from './compare.js';
import { resultOf, wasBusy } from './result.js';
import { PEERS } from './servers.js';

const load = { connections: 64, depth: 16 };
const settings = {
  command: 'npm run bench:peers',
  versions: {},
  cores: { server: 0, client: 1 },
  client: 'bun' as const,
  rounds: 3,
  seconds: 2,
  warmupSeconds: 1,
};

/** Rounds of 2 s with these replies. */
const series = (name: string, replies: readonly number[], rest: Partial<Measurement> = {}): Series => ({
  peer: PEERS.find((peer) => peer.name === name) as (typeof PEERS)[number],
  load,
  rounds: replies.map((count) => ({
    seconds: 2,
    replies: count,
    serverSeconds: 2,
    clientSeconds: 1,
    elseSeconds: 0,
    ...rest,
  })),
});

test('rates, processor times and ratios are medians of the rounds', () => {
  const { loads, warnings } = resultOf(
    [series('echo', [1000, 500, 2000]), series('gateway', [800, 400, 1000])],
    settings,
  );
  const gateway = loads[0]?.servers[1];
  assert.deepEqual(gateway?.perSecond, { median: 400, least: 200, most: 500 });
  assert.deepEqual(gateway?.ratio, { median: 0.8, least: 0.5, most: 0.8 });
  assert.deepEqual(gateway?.micros, { median: 2500, least: 2000, most: 5000 });
  assert.equal(gateway?.processorRatio?.median, 0.8);
  assert.equal(gateway?.serverShare, 1);
  assert.equal(gateway?.clientShare, 0.5);
  assert.deepEqual(warnings, []);
});

test('the goals are the limit’s ratio and every rival that does the same work', () => {
  const goalsWith = (bun: number) =>
    resultOf(
      [series('echo', [1000]), series('gateway', [800]), series('ws', [900]), series('bun-work', [bun])],
      settings,
    ).loads[0]?.goals;
  assert.deepEqual(goalsWith(400), [
    { name: 'echo', value: 0.8, by: 'rate', atLeast: 0.75, reached: true },
    { name: 'bun-work', value: 2, by: 'rate', atLeast: 1, reached: true },
  ]);
  assert.deepEqual(goalsWith(1000)?.[1], {
    name: 'bun-work',
    value: 0.8,
    by: 'rate',
    atLeast: 1,
    reached: false,
  });
});

test('where a server had time left its goal is judged by processor time', () => {
  // As many messages, in half a second of processor time instead of one.
  const idle = [
    series('echo', [1000], { serverSeconds: 0.5 }),
    series('gateway', [1000], { serverSeconds: 1 }),
  ];
  assert.deepEqual(resultOf(idle, settings).loads[0]?.goals, [
    { name: 'echo', value: 0.5, by: 'processor time', atLeast: 0.75, reached: false },
  ]);
});

test('and where its client had none: then the rate is that of both', () => {
  const busyClient = { clientSeconds: 1.9 };
  const both = [
    series('echo', [1000], { ...busyClient, serverSeconds: 1.9 }),
    series('gateway', [1000], { ...busyClient, serverSeconds: 2 }),
  ];
  assert.deepEqual(resultOf(both, settings).loads[0]?.goals, [
    { name: 'echo', value: 0.95, by: 'processor time', atLeast: 0.75, reached: true },
  ]);
});

test('a client that was busy while its server was not is named, and others on the machine', () => {
  const idle = { serverSeconds: 1, clientSeconds: 1.99 };
  const limited = resultOf([series('echo', [1000], idle), series('gateway', [900])], settings);
  assert.deepEqual(limited.loads[0]?.servers.map(wasBusy), [false, true]);
  assert.match(limited.warnings.join(), /At 64x16 the client was the limit for echo:/);
  const disturbed = resultOf([series('echo', [1000], { elseSeconds: 1e3 })], settings);
  assert.match(disturbed.warnings.join(), /Other programs took/);
  const unpinned = resultOf([series('echo', [1000])], { ...settings, cores: null });
  assert.match(unpinned.warnings.join(), /not pinned/);
});

test('where the system tells no processor times, rates are left', () => {
  const blind = resultOf([series('echo', [1000], { serverSeconds: null, elseSeconds: null })], settings);
  const echo = blind.loads[0]?.servers[0];
  assert.equal(echo?.micros, null);
  assert.equal(echo?.perSecond.median, 500);
  assert.deepEqual(blind.warnings, []);
});
