import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ChannelCensus } from './census.js';
import { Principal } from './principal.js';

const HOUR_MS = 3_600_000;

test('a count goes on where it stopped, and is told once it is whole', () => {
  const known = ['default', 'ch-1'].map((channelId) => ({ channelId, name: channelId }));
  const principals = ['ada', 'bob'].map((name) => new Principal(name, known, () => {}));
  const channels = principals.flatMap((principal) => [...principal.channels.values()]);
  assert.equal(channels.length, 4);
  const census = new ChannelCensus(() => principals);
  const countAll = (nowMs: number): number => {
    for (let looked = 0; looked <= channels.length; looked += 1) census.goOn(nowMs, 1);
    return census.active;
  };
  assert.equal(countAll(0), 0);
  for (const channel of channels) channel.lastActivityMs = 1000;
  census.goOn(2000, channels.length - 1);
  assert.equal(census.active, 0, 'one is still to be looked at');
  census.goOn(2000, 2);
  assert.equal(census.active, channels.length);
  assert.equal(countAll(1000 + HOUR_MS), 0);
});
