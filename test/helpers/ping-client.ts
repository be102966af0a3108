/**
 * A neighbour in a process of its own, so that its times are the gateway's: `node ping-client.js URL TOKEN`.
 * Asks `system.ping` again and again from `ready` until its standard input ends, then prints how long the answers took.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from './client.js';

/** What it prints last, as JSON; times in milliseconds. */
export interface PingTimes {
  readonly count: number;
  readonly medianMs: number;
  readonly p99Ms: number;
  readonly longestMs: number;
}

const PAUSE_MS = 5;

const [, , url = '', token = ''] = process.argv;
const client = new Client(url);
await client.opened;
await client.call('auth.handshake', { client_id: 'neighbour', client_version: '1', token });
let over = false;
process.stdin.on('end', () => {
  over = true;
});
process.stdin.resume();
console.log('ready');
const times: number[] = [];
while (!over) {
  const askedMs = performance.now();
  await client.settle();
  times.push(performance.now() - askedMs);
  await delay(PAUSE_MS);
}
times.sort((a, b) => a - b);
const at = (share: number): number =>
  times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0;
const result: PingTimes = { count: times.length, medianMs: at(0.5), p99Ms: at(0.99), longestMs: at(1) };
console.log(JSON.stringify(result));
client.terminate();
