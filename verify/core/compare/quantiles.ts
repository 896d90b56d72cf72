/** Computes confidence intervals of quantiles, and a signed-rank test, for values of any distribution. */
import { incompleteBeta, sum } from '../result/statistics.ts';

const atLeast = (k: number, n: number, p: number): number =>
  k <= 0 ? 1 : k > n ? 0 : incompleteBeta(p, k, n - k + 1);

/** Returns two ranks, 0 to n + 1, between which a quantile lies (David and Nagaraja, Order Statistics, 7.1). */
export function quantileRanks(n: number, quantile: number, confidence = 0.95): { low: number; high: number } {
  const tail = (1 - confidence) / 2;
  // Finds each rank by bisection: the condition is true up to this rank, and false above it.
  const low = lastThat(n, rank => 1 - atLeast(rank, n, quantile) <= tail);
  const high = n + 1 - lastThat(n, rank => atLeast(n + 1 - rank, n, quantile) <= tail);
  return { low, high };
}

function lastThat(n: number, holds: (rank: number) => boolean): number {
  let [low, high] = [0, n];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (holds(middle)) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Returns the p-value of Wilcoxon's signed-rank test, exact and one-sided. */
export function signedRankP(differences: readonly number[]): number {
  const sizes = differences.filter(difference => difference !== 0);
  sizes.sort((a, b) => Math.abs(a) - Math.abs(b));
  // Ranks are doubled, so that the mean rank of equal sizes is a whole number.
  const ranks = sizes.map(size => {
    const first = sizes.findIndex(other => Math.abs(other) === Math.abs(size));
    const last = sizes.findLastIndex(other => Math.abs(other) === Math.abs(size));
    return first + last + 2;
  });
  const observed = sum(ranks.filter((_, i) => (sizes[i] ?? 0) > 0));
  let ways = [1];
  for (const rank of ranks) {
    const next = new Array<number>(ways.length + rank).fill(0);
    ways.forEach((chance, at) => {
      next[at] = (next[at] ?? 0) + chance / 2;
      next[at + rank] = (next[at + rank] ?? 0) + chance / 2;
    });
    ways = next;
  }
  return Math.min(1, sum(ways.slice(observed)));
}
