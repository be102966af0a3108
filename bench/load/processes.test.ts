import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  busySeconds,
  busySecondsOf,
  descriptors,
  hasProc,
  processorSeconds,
  processorSecondsOf,
  residentBytes,
  threadSecondsOf,
} from './processes.js';

test('processor time is read behind a name that holds parentheses and spaces', () => {
  const stat = '41 (a) b) (c) S 1 41 41 0 -1 4194560 900 0 1 0 250 31 7 9 20 0 11 0 5000 1 2 3';
  assert.equal(processorSecondsOf(stat), 2.81);
});

test('processor time of a thread is read to the nanosecond', () => {
  assert.equal(threadSecondsOf('2500000001 12345 678'), 2.500000001);
});

test('the machine is busy with everything but idling and waiting for disks', () => {
  const stat = 'cpu  100 20 300 9999 8888 4 5 6 7 8\ncpu0 1 1 1 1 1 1 1 1 0 0\n';
  assert.equal(busySecondsOf(stat), 4.35);
});

test('this process is found with the memory and the time it says it has', { skip: !hasProc }, () => {
  const used = process.cpuUsage();
  const ownSeconds = (used.user + used.system) / 1e6;
  assert.ok(Math.abs(processorSeconds(process.pid) - ownSeconds) < 0.1);
  assert.ok(descriptors(process.pid) >= 3);
  const ratio = residentBytes(process.pid) / process.memoryUsage.rss();
  assert.ok(ratio > 0.8 && ratio < 1.25, `${ratio}`);
  assert.ok(busySeconds() >= processorSeconds(process.pid));
});
