import { describe, expect, it } from 'vitest';
import { chiSquareP, incompleteBeta, logGamma, upperBound, upperGamma } from './statistics.ts';

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
});
