import { describe, expect, it } from 'vitest';
import { quantileRanks, signedRankP } from './quantiles.ts';

/** Returns P(X ≤ k) by summation, for a binomially distributed X with n trials of probability 1/2. */
function half(k: number, n: number): number {
  let [ways, sum] = [1, 0];
  for (let i = 0; i <= k; i++) {
    sum += ways;
    ways = (ways * (n - i)) / (i + 1);
  }
  return sum / 2 ** n;
}

describe('quantileRanks', () => {
  it('of a median agree with the binomial (tables of the sign test)', () => {
    expect(quantileRanks(10, 0.5, 0.95)).toEqual({ low: 2, high: 9 });
    expect(quantileRanks(25, 0.5, 0.95)).toEqual({ low: 8, high: 18 });
    expect(quantileRanks(100, 0.5, 0.95)).toEqual({ low: 40, high: 61 });
  });

  it('are the narrowest with that confidence, and symmetric around a median', () => {
    for (const n of [6, 17, 40, 333]) {
      const { low, high } = quantileRanks(n, 0.5, 0.99);
      expect(low + high).toBe(n + 1);
      expect(half(low - 1, n)).toBeLessThanOrEqual(0.005);
      expect(half(low, n)).toBeGreaterThan(0.005);
    }
  });

  it('have no bound if too few values give none', () => {
    expect(quantileRanks(5, 0.5, 0.95)).toEqual({ low: 0, high: 6 });
    expect(quantileRanks(50, 0.99, 0.95).high).toBe(51);
  });
});

describe('signedRankP', () => {
  it('agrees with the tables', () => {
    // In the table of Wilcoxon (1945), 8 is the largest sum of smaller ranks with a one-sided p ≤ 0.025 for n = 10.
    const small = (sum: number[]): number[] =>
      Array.from({ length: 10 }, (_, i) => (sum.includes(i + 1) ? -(i + 1) : i + 1));
    expect(signedRankP(small([8]))).toBeCloseTo(25 / 1024, 10);
    expect(signedRankP(small([9]))).toBeCloseTo(33 / 1024, 10);
  });

  it('of positive differences only is one in the number of sign assignments', () => {
    expect(signedRankP([1, 2, 3, 4, 5])).toBe(1 / 32);
    expect(signedRankP([-1, -2, -3])).toBe(1);
  });

  it('leaves out zero differences, and averages the ranks of equal sizes', () => {
    expect(signedRankP([0, 0])).toBe(1);
    expect(signedRankP([2, 2, 0, 2])).toBe(1 / 8);
    expect(signedRankP([1, 1, -1])).toBe(4 / 8);
  });
});
