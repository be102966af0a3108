import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Metronome } from './metronome.js';

test('as many beats as were due, however rarely it is looked, each with its own time', (t) => {
  const beats: number[] = [];
  const metronome = new Metronome((dueMs) => beats.push(dueMs));
  t.after(() => metronome.set(0));
  const startMs = performance.now();
  metronome.set(100);
  metronome.advance(startMs + 55);
  assert.equal(beats.length, 5);
  metronome.advance(startMs + 55);
  assert.equal(beats.length, 5);
  metronome.advance(startMs + 255);
  assert.equal(beats.length, 25);
  for (const [at, beat] of beats.entries()) {
    if (at > 0) assert.ok(Math.abs(beat - (beats[at - 1] as number) - 10) < 1e-6);
  }
});

test('what a long stall has held up is not made up for beyond a second', (t) => {
  let beats = 0;
  const metronome = new Metronome(() => {
    beats += 1;
  });
  t.after(() => metronome.set(0));
  metronome.set(100);
  metronome.advance(performance.now() + 60_000);
  assert.ok(beats >= 100 && beats <= 101, `${beats}`);
});
