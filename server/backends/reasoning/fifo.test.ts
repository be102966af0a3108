import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Fifo } from './fifo.js';

test('whatever is pushed and taken, it behaves like an array', () => {
  const step = fc.oneof(fc.constant('take'), fc.integer());
  fc.assert(
    fc.property(fc.array(step, { maxLength: 5000, size: 'max' }), (steps) => {
      const fifo = new Fifo<number>();
      const model: number[] = [];
      for (const what of steps) {
        if (what === 'take') assert.equal(fifo.take(), model.shift());
        else {
          fifo.push(what as number);
          model.push(what as number);
        }
        assert.equal(fifo.length, model.length);
        assert.equal(fifo.head, model[0]);
      }
    }),
    { numRuns: 30 },
  );
});

test('thousands taken from the head leave the rest in order', () => {
  const fifo = new Fifo<number>();
  for (let i = 0; i < 10_000; i += 1) fifo.push(i);
  for (let i = 0; i < 10_000; i += 1) assert.equal(fifo.take(), i);
  assert.equal(fifo.take(), undefined);
});
