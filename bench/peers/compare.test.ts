import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildBenchmarksPage } from '../../scripts/generate/benchmarks/page.js';
import { hasProc } from '../load/processes.js';
import { type CompareOptions, compare, stepsOf } from './compare.js';
import { formatResult } from './report.js';
import { resultOf } from './result.js';
import { PEERS, type Peer } from './servers.js';

const named = (...names: string[]): Peer[] =>
  names.map((name) => PEERS.find((peer) => peer.name === name) as Peer);

const quick: Omit<CompareOptions, 'peers'> = {
  loads: [{ connections: 4, depth: 4 }],
  rounds: 1,
  warmupSeconds: 0.1,
  seconds: 0.3,
  cores: null,
  bun: null,
  signal: new AbortController().signal,
  onStep: () => {},
};

test('servers are measured with one client, and the page is made of what came of it', {
  skip: !hasProc,
}, async () => {
  const steps: string[] = [];
  const comparison = { ...quick, peers: named('echo', 'gateway', 'uws') };
  const series = await compare({ ...comparison, onStep: (peer) => steps.push(peer.name) });
  const there = ['echo', 'gateway', 'uws'];
  // Each is started, and then has two turns.
  assert.deepEqual(steps, [...there, ...there, ...there.toReversed()]);
  assert.equal(stepsOf(comparison), steps.length);
  for (const { peer, rounds } of series) {
    assert.equal(rounds.length, 1);
    const [measured] = rounds;
    assert.ok(measured !== undefined && measured.replies > 50, `${peer.name}: ${measured?.replies}`);
    assert.ok(measured.clientSeconds > 0 && (measured.serverSeconds ?? 0) > 0, peer.name);
  }
  const settings = {
    command: 'npm run bench:peers',
    versions: { ws: '1.2.3' },
    cores: null,
    client: 'node' as const,
  };
  const result = resultOf(series, { ...settings, rounds: 1, seconds: 0.3, warmupSeconds: 0.1 });
  assert.equal(result.loads[0]?.servers[0]?.ratio.median, 1);
  const text = formatResult(result);
  // Through JSON, as it is written to a file.
  const file = JSON.parse(JSON.stringify(result)) as typeof result;
  const page = buildBenchmarksPage({ peers: [file], load: [], micro: [] }).text;
  for (const written of [text, page]) {
    for (const name of ['echo', 'gateway', 'uws', 'ws 1.2.3', 'not pinned']) {
      assert.ok(written.includes(name), `${name} in ${written}`);
    }
  }
});

test('an answer that is none ends the measurement, with the server’s name and what it said', async () => {
  const [echo] = named('echo');
  const liar: Peer = { ...(echo as Peer), name: 'liar', dialect: 'gateway' };
  await assert.rejects(compare({ ...quick, peers: [liar] }), /liar: .*not let in.*auth\.handshake/);
});

test('a server that does not start says why', async () => {
  const [echo] = named('echo');
  const broken: Peer = {
    ...(echo as Peer),
    name: 'broken',
    program: ['--eval', 'throw new Error("no legs")'],
  };
  await assert.rejects(compare({ ...quick, peers: [broken] }), /broken ended before it listened.*no legs/s);
});

test('who interrupts does not wait for the end of the measurement', async () => {
  const interrupted = new AbortController();
  const running = compare({ ...quick, peers: named('echo'), seconds: 60, signal: interrupted.signal });
  setTimeout(() => interrupted.abort(), 300);
  await assert.rejects(running, /abort/i);
});
