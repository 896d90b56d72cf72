/** Intervals for quantiles that assume nothing of how values are distributed: they are order statistics. */
import { incompleteBeta } from '../statistics.ts';

/** P(X ≥ k) for X binomial (n, p). */
const atLeast = (k: number, n: number, p: number): number =>
  k <= 0 ? 1 : k > n ? 0 : incompleteBeta(p, k, n - k + 1);

/**
 * Ranks between which a quantile lies (David and Nagaraja, Order Statistics, 7.1): it is above the value of rank r
 * unless fewer than r values are below it, which a binomial tells.
 *
 * @param n how many independent values
 * @param quantile between 0 and 1
 * @param confidence that it lies between both; each side may fail with half of the rest
 * @returns ranks from 1 to n; low is 0 or high is n + 1 where n values do not bound that side
 */
export function quantileRanks(
  n: number,
  quantile: number,
  confidence: number,
): { low: number; high: number } {
  const tail = (1 - confidence) / 2;
  // The largest rank that at least so many values are below with all but the tail, by bisection: both are monotone.
  const low = lastThat(n, rank => 1 - atLeast(rank, n, quantile) <= tail);
  const high = n + 1 - lastThat(n, rank => atLeast(n + 1 - rank, n, quantile) <= tail);
  return { low, high };
}

/** @returns the largest rank from 0 to n for which it holds, where it holds for all below */
function lastThat(n: number, holds: (rank: number) => boolean): number {
  let [low, high] = [0, n];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (holds(middle)) low = middle;
    else high = middle - 1;
  }
  return low;
}

/**
 * One side of Wilcoxon's signed-rank test, exact: ranks of the sizes of differences, summed over those that go up; how
 * many of all ways to give them signs reach that sum is counted. It asks only that up and down are alike where nothing
 * differs, as they are when two runs of the same build took turns.
 *
 * @returns how likely a sum so large is by chance; 1 where nothing differs
 */
export function signedRankP(differences: readonly number[]): number {
  const sizes = differences.filter(difference => difference !== 0);
  sizes.sort((a, b) => Math.abs(a) - Math.abs(b));
  // Twice the rank, so that equal sizes, which share the mean of their ranks, still have whole numbers.
  const ranks = sizes.map(size => {
    const first = sizes.findIndex(other => Math.abs(other) === Math.abs(size));
    const last = sizes.findLastIndex(other => Math.abs(other) === Math.abs(size));
    return first + last + 2;
  });
  const observed = ranks.reduce((sum, rank, i) => ((sizes[i] ?? 0) > 0 ? sum + rank : sum), 0);
  let ways = [1];
  for (const rank of ranks) {
    const next = new Array<number>(ways.length + rank).fill(0);
    ways.forEach((chance, sum) => {
      next[sum] = (next[sum] ?? 0) + chance / 2;
      next[sum + rank] = (next[sum + rank] ?? 0) + chance / 2;
    });
    ways = next;
  }
  return Math.min(
    1,
    ways.slice(observed).reduce((sum, chance) => sum + chance, 0),
  );
}
