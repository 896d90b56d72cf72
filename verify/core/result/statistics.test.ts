import { describe, expect, it } from 'vitest';
import {
  chiSquareP,
  fisherP,
  idSpace,
  incompleteBeta,
  logGamma,
  upperBound,
  upperGamma,
} from './statistics.ts';

// Expected values were computed with R 4.3 (lgamma, pbeta, pgamma, qbeta, pchisq), to 10 digits.
describe('statistics', () => {
  it('logGamma', () => {
    expect(logGamma(0.5)).toBeCloseTo(0.5723649429, 9);
    expect(logGamma(10)).toBeCloseTo(12.8018274801, 9);
    expect(logGamma(1000)).toBeCloseTo(5905.2204232092, 7);
  });

  it('incompleteBeta', () => {
    expect(incompleteBeta(0.5, 2, 3)).toBeCloseTo(0.6875, 12);
    expect(incompleteBeta(0.1, 5, 5)).toBeCloseTo(0.0008909, 7);
    expect(incompleteBeta(0, 2, 3)).toBe(0);
    expect(incompleteBeta(1, 2, 3)).toBe(1);
  });

  it('upperGamma', () => {
    expect(upperGamma(1, 2)).toBeCloseTo(Math.exp(-2), 12);
    expect(upperGamma(0.5, 0.5)).toBeCloseTo(0.3173105079, 9);
    expect(upperGamma(5, 20)).toBeCloseTo(1.694474e-5, 10);
  });

  it('upperBound is exact, and about 3/n for no event in n trials', () => {
    expect(upperBound(0, 40_000)).toBeCloseTo(7.489e-5, 8);
    expect(upperBound(0, 10)).toBeCloseTo(1 - 0.05 ** 0.1, 12);
    // The expected value is the largest rate p with P(X ≤ 1 | 10, p) ≥ 5 %.
    const p = upperBound(1, 10);
    expect((1 - p) ** 10 + 10 * p * (1 - p) ** 9).toBeCloseTo(0.05, 10);
    expect(upperBound(3, 3)).toBe(1);
    expect(upperBound(0, 0)).toBe(1);
  });

  it('chiSquareP', () => {
    expect(chiSquareP([50, 50])).toBe(1);
    expect(chiSquareP([60, 40])).toBeCloseTo(0.0455002639, 9);
    expect(chiSquareP([30, 60, 10], [3, 6, 1])).toBe(1);
    expect(chiSquareP([100])).toBe(1);
    expect(chiSquareP([0, 0])).toBe(1);
    expect(chiSquareP([900, 100])).toBeLessThan(1e-100);
  });

  it('fisherP', () => {
    // Expected values were computed with R: fisher.test(matrix(c(3,1,1,3),2), alternative="greater") and so on.
    expect(fisherP(3, 4, 1, 4)).toBeCloseTo(17 / 70, 12);
    expect(fisherP(10, 10, 0, 10)).toBeCloseTo(1 / 184756, 12);
    expect(fisherP(0, 10, 5, 10)).toBeCloseTo(1, 12);
    expect(fisherP(1000, 1000, 0, 1000)).toBeLessThan(1e-300);
  });

  it('idSpace inverts the birthday problem', () => {
    // The probability that all birthdays differ (365 days) is 0.4927 for 23 people, and 0.0968 for 41 people.
    expect(idSpace(23, 1 - 0.492702766)).toBeCloseTo(365, 3);
    expect(idSpace(41, 1 - 0.0968483885)).toBeCloseTo(365, 2);
    expect(idSpace(0)).toBe(0);
    expect(idSpace(1)).toBe(1);
    expect(Math.log2(idSpace(500))).toBeCloseTo(15.35, 2);
    // For many ids, an approximation is used. It is nearly equal to the exact bound, and never above it.
    const near = (10_001 * 10_000) / (-2 * Math.log(0.05));
    expect(idSpace(10_001)).toBeCloseTo(near, 3);
    expect(idSpace(10_000) / ((10_000 * 9999) / (-2 * Math.log(0.05)))).toBeCloseTo(1, 3);
  });
});

/** For small counts, compares the results with sums over all possible cases. */
describe('statistics, against sums over all cases', () => {
  const choose = (n: number, k: number): number => {
    let product = 1;
    for (let i = 1; i <= k; i++) product = (product * (n - k + i)) / i;
    return product;
  };
  /** Returns P(X ≤ events) for a binomially distributed X. */
  const atMost = (events: number, trials: number, p: number): number => {
    let sum = 0;
    for (let k = 0; k <= events; k++) sum += choose(trials, k) * p ** k * (1 - p) ** (trials - k);
    return sum;
  };

  it('logGamma is the logarithm of factorials, and interpolates between them', () => {
    let factorial = 1;
    for (let n = 1; n <= 20; n++) {
      expect(logGamma(n)).toBeCloseTo(Math.log(factorial), 10);
      factorial *= n;
    }
    expect(Math.exp(logGamma(0.25))).toBeCloseTo(3.6256099082, 9);
    expect(Math.exp(logGamma(0.1))).toBeCloseTo(9.5135076987, 9);
    expect(Math.exp(logGamma(1.5))).toBeCloseTo(0.8862269255, 9);
    expect(Math.exp(logGamma(0.49)) * Math.exp(logGamma(0.51))).toBeCloseTo(
      Math.PI / Math.sin(Math.PI * 0.49),
      9,
    );
  });

  it('incompleteBeta is the tail of a binomial', () => {
    for (let a = 1; a <= 12; a++) {
      for (let b = 1; b <= 12; b++) {
        for (const x of [0.001, 0.1, 0.37, 0.5, 0.8, 0.999])
          expect(incompleteBeta(x, a, b), `${x} ${a} ${b}`).toBeCloseTo(1 - atMost(a - 1, a + b - 1, x), 12);
      }
    }
    expect(incompleteBeta(0.5, 5000, 5000)).toBeCloseTo(0.5, 10);
  });

  it('upperBound is the rate at which so few events have a probability of 5 %', () => {
    for (let trials = 1; trials <= 25; trials++) {
      for (let events = 0; events < trials; events++)
        expect(atMost(events, trials, upperBound(events, trials)), `${events} of ${trials}`).toBeCloseTo(
          0.05,
          9,
        );
    }
    expect(atMost(3, 20, upperBound(3, 20, 0.99))).toBeCloseTo(0.01, 9);
    expect([upperBound(20, 20), upperBound(21, 20), upperBound(0, -1)]).toEqual([1, 1, 1]);
  });

  it('upperGamma is the tail of a Poisson count, and of halves by their recurrence', () => {
    for (const x of [0.01, 0.5, 1, 2.9, 3, 7, 30]) {
      for (let a = 1; a <= 10; a++) {
        let [term, sum] = [Math.exp(-x), Math.exp(-x)];
        for (let k = 1; k < a; k++) {
          term *= x / k;
          sum += term;
        }
        expect(upperGamma(a, x), `${a} ${x}`).toBeCloseTo(sum, 12);
        const half = a - 0.5;
        const rise = Math.exp(half * Math.log(x) - x - logGamma(half + 1));
        expect(upperGamma(half + 1, x) - upperGamma(half, x), `${half} ${x}`).toBeCloseTo(rise, 12);
      }
    }
    expect(upperGamma(0.5, 2)).toBeCloseTo(0.0455002639, 9);
    expect([upperGamma(2, 0), upperGamma(2, -1)]).toEqual([1, 1]);
    let many = 0;
    for (let k = 0; k < 500; k++) many += Math.exp(k * Math.log(500) - 500 - logGamma(k + 1));
    expect(upperGamma(500, 500)).toBeCloseTo(many, 9);
  });

  it('chiSquareP compares counts with shares of any scale', () => {
    expect(chiSquareP([10, 20, 30])).toBeCloseTo(Math.exp(-5), 12);
    expect(chiSquareP([10, 20, 30], [1, 2, 3])).toBe(1);
    expect(chiSquareP([20, 20, 20], [1, 2, 3])).toBeCloseTo(Math.exp(-20 / 3), 12);
    expect(chiSquareP([30, 10, 20, 40])).toBeCloseTo(upperGamma(1.5, 10), 12);
    expect([chiSquareP([]), chiSquareP([5]), chiSquareP([0, 0], [1, 2])]).toEqual([1, 1, 1]);
    expect(chiSquareP([9, 0])).toBeCloseTo(0.0026997961, 9);
  });

  it('fisherP is the tail of a hypergeometric', () => {
    for (const [trials, others] of [
      [5, 7],
      [8, 3],
      [1, 6],
    ] as const) {
      for (let events = 0; events <= trials; events++) {
        for (let other = 0; other <= others; other++) {
          let sum = 0;
          const all = events + other;
          for (let k = events; k <= Math.min(all, trials); k++)
            if (all - k <= others) sum += choose(trials, k) * choose(others, all - k);
          const exact = sum / choose(trials + others, all);
          expect(
            fisherP(events, trials, other, others),
            `${events} ${trials} ${other} ${others}`,
          ).toBeCloseTo(exact, 10);
          expect(fisherP(events, trials, other, others)).toBeLessThanOrEqual(1);
        }
      }
    }
  });

  it('idSpace is the size at which all ids are different with a probability of 5 %', () => {
    for (const ids of [10, 100, 3000]) {
      const size = idSpace(ids);
      let log = 0;
      for (let i = 1; i < ids; i++) log += Math.log1p(-i / size);
      expect(Math.exp(log), String(ids)).toBeCloseTo(0.05, 6);
    }
    // The estimated number of possible ids is never below the number of ids that were seen.
    expect([idSpace(2), idSpace(3)].map(Math.round)).toEqual([2, 3]);
    expect(idSpace(100, 0.5)).toBeLessThan(idSpace(100, 0.05));
  });
});
