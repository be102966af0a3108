/** One ranking out of several that cannot be compared by their scores: words by BM25, meaning by cosine. */

/**
 * How much the first ranks are worth more than the next: 1/61 against 1/62. The value of the paper that
 * introduced it (Cormack, Clarke and Büttcher, "Reciprocal Rank Fusion", SIGIR 2009), good without tuning.
 */
const RANK_CONSTANT = 60;

export interface Ranked {
  readonly seq: number;
  /** Relative to the best: 1 for the first, above 0 for each. */
  readonly score: number;
}

/**
 * Fuses rankings of seqs, each best first and without repetition, by reciprocal rank. Best first;
 * of two that are worth the same, the newer.
 */
export const fuse = (rankings: readonly (readonly number[])[]): readonly Ranked[] => {
  const worth = new Map<number, number>();
  for (const ranking of rankings) {
    for (const [at, seq] of ranking.entries()) {
      worth.set(seq, (worth.get(seq) ?? 0) + 1 / (RANK_CONSTANT + at + 1));
    }
  }
  const fused = [...worth].sort(([seqA, a], [seqB, b]) => b - a || seqB - seqA);
  const best = fused[0]?.[1] ?? 1;
  return fused.map(([seq, score]) => ({ seq, score: score / best }));
};
