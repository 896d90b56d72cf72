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

// Reference values: R 4.3 (lgamma, pbeta, pgamma, qbeta, pchisq), 10 digits.
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

  it('upperBound is exact, and about 3/n for no event in many', () => {
    expect(upperBound(0, 40_000)).toBeCloseTo(7.489e-5, 8);
    expect(upperBound(0, 10)).toBeCloseTo(1 - 0.05 ** 0.1, 12);
    // The largest rate p with P(X ≤ 1 | 10, p) ≥ 5 %.
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
    // R: fisher.test(matrix(c(3,1,1,3),2), alternative="greater") and so on.
    expect(fisherP(3, 4, 1, 4)).toBeCloseTo(17 / 70, 12);
    expect(fisherP(10, 10, 0, 10)).toBeCloseTo(1 / 184756, 12);
    expect(fisherP(0, 10, 5, 10)).toBeCloseTo(1, 12);
    expect(fisherP(1000, 1000, 0, 1000)).toBeLessThan(1e-300);
  });

  it('idSpace is the birthday problem turned round', () => {
    // 23 people: 0.4927 that no two share a birthday of 365; 41 people: 0.0968.
    expect(idSpace(23, 1 - 0.492702766)).toBeCloseTo(365, 3);
    expect(idSpace(41, 1 - 0.0968483885)).toBeCloseTo(365, 2);
    expect(idSpace(0)).toBe(0);
    expect(idSpace(1)).toBe(1);
    expect(Math.log2(idSpace(500))).toBeCloseTo(15.35, 2);
    // The bound for many ids is the same to all that matters, and never above.
    const near = (10_001 * 10_000) / (-2 * Math.log(0.05));
    expect(idSpace(10_001)).toBeCloseTo(near, 3);
    expect(idSpace(10_000) / ((10_000 * 9999) / (-2 * Math.log(0.05)))).toBeCloseTo(1, 3);
  });
});
