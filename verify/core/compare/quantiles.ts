/**
 * Computes confidence intervals of quantiles, and a signed-rank test. Both are right for values of any distribution.
 */
import { incompleteBeta } from '../result/statistics.ts';

/** Returns the probability that at least k of n independent trials succeed, each with probability p. */
const atLeast = (k: number, n: number, p: number): number =>
  k <= 0 ? 1 : k > n ? 0 : incompleteBeta(p, k, n - k + 1);

/**
 * Returns two ranks between which a quantile lies (David and Nagaraja, Order Statistics, 7.1). The number of values
 * below the quantile, of n values, is binomially distributed, for any distribution of the values.
 *
 * @param confidence probability that the quantile lies between the ranks; the remaining probability is split evenly
 * between both sides
 * @returns ranks from 1 to n; low is 0, or high is n + 1, if n values are too few to bound that side
 */
export function quantileRanks(
  n: number,
  quantile: number,
  confidence: number,
): { low: number; high: number } {
  const tail = (1 - confidence) / 2;
  // Each of these conditions is true up to some rank and false after it. Bisection finds this rank.
  const low = lastThat(n, rank => 1 - atLeast(rank, n, quantile) <= tail);
  const high = n + 1 - lastThat(n, rank => atLeast(n + 1 - rank, n, quantile) <= tail);
  return { low, high };
}

/**
 * Returns the largest rank from 0 to n for which `holds` returns true. `holds` must also return true for all smaller
 * ranks.
 */
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
 * Computes Wilcoxon's signed-rank test, exact and one-sided. Ranks the differences by their absolute size, adds up the
 * ranks of the positive differences, and computes the share of all assignments of signs that reach this sum. The test
 * assumes that without a real difference both signs are equally likely, as when the runs of two builds alternate.
 *
 * @returns the probability of a sum this large by chance; 1 if all differences are 0
 */
export function signedRankP(differences: readonly number[]): number {
  const sizes = differences.filter(difference => difference !== 0);
  sizes.sort((a, b) => Math.abs(a) - Math.abs(b));
  // Differences of equal size get the mean of their ranks. All ranks are doubled, so that these means are whole
  // numbers.
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
