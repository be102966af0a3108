import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fuse } from './fusion.js';

const seqs = (rankings: readonly (readonly number[])[]): readonly number[] =>
  fuse(rankings).map(({ seq }) => seq);

test('what both rankings have comes before what one has', () => {
  assert.deepEqual(
    seqs([
      [1, 2, 3],
      [4, 3],
    ]),
    [3, 4, 1, 2],
  );
});

test('scores are relative to the best, by 1/(60 + rank)', () => {
  assert.deepEqual(fuse([[7, 8]]), [
    { seq: 7, score: 1 },
    { seq: 8, score: 1 / 62 / (1 / 61) },
  ]);
  assert.deepEqual(fuse([[7], [7]]), [{ seq: 7, score: 1 }]);
  assert.deepEqual(fuse([[], []]), []);
});

const ranking = fc.uniqueArray(fc.integer({ min: 1, max: 40 }), { maxLength: 20 });

test('each seq comes once, best first, with a score above 0 and at most 1', () => {
  fc.assert(
    fc.property(fc.array(ranking, { maxLength: 4 }), (rankings) => {
      const fused = fuse(rankings);
      assert.deepEqual(new Set(fused.map(({ seq }) => seq)), new Set(rankings.flat()));
      assert.equal(fused.length, new Set(rankings.flat()).size);
      for (const [at, { score }] of fused.entries()) {
        assert.ok(score > 0 && score <= (fused[at - 1]?.score ?? 1));
      }
    }),
  );
});

test('the order of the rankings does not matter, and one alone keeps its order', () => {
  fc.assert(
    fc.property(ranking, ranking, (a, b) => {
      assert.deepEqual(seqs([a, b]), seqs([b, a]));
      assert.deepEqual(seqs([a, []]), a);
    }),
  );
});

test('whoever is nowhere behind another is not behind it in the end', () => {
  fc.assert(
    fc.property(ranking, ranking, (a, b) => {
      const fused = seqs([a, b]);
      const placeIn = (list: readonly number[], seq: number): number =>
        list.includes(seq) ? list.indexOf(seq) : Number.POSITIVE_INFINITY;
      for (const [at, seq] of fused.entries()) {
        for (const later of fused.slice(at + 1)) {
          const behind = [a, b].every((list) => placeIn(list, seq) > placeIn(list, later));
          assert.ok(!behind, `${later} stands before ${seq} in both`);
        }
      }
    }),
  );
});
