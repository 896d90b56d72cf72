import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shrink } from './shrink.ts';

const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

describe('shrink', () => {
  it('keeps what the proof needs, in order', () => {
    const needs = [3, 17, 18, 80];
    const kept = shrink(numbers(100), items => needs.every(item => items.includes(item)));
    expect(kept).toEqual(needs);
  });

  it('returns all items when they prove nothing, and no item when none is needed', () => {
    expect(shrink(numbers(5), () => false)).toEqual(numbers(5));
    expect(shrink(numbers(5), () => true)).toEqual([]);
    expect(shrink([], () => true)).toEqual([]);
  });

  it('calls the test of the proof less than 300 times for two items among ten thousand', () => {
    let asked = 0;
    const kept = shrink(numbers(10_000), items => {
      asked++;
      return items.includes(1234) && items.includes(8765);
    });
    expect(kept).toEqual([1234, 8765]);
    expect(asked).toBeLessThan(300);
  });

  it('stops when the limit is spent, with the smallest proof so far', () => {
    let asked = 0;
    const holds = (items: readonly number[]): boolean => {
      asked++;
      return items.includes(1234) && items.includes(8765);
    };
    const kept = shrink(numbers(10_000), holds, () => asked >= 20);
    expect(asked).toBe(20);
    expect(holds(kept)).toBe(true);
    expect(kept.length).toBeLessThan(10_000);
    expect(kept.length).toBeGreaterThan(2);
  });

  it('returns no item that can be left out, for random proofs', () => {
    const alternatives = fc.array(fc.uniqueArray(fc.nat(19), { maxLength: 6 }), {
      minLength: 1,
      maxLength: 4,
    });
    fc.assert(
      fc.property(alternatives, ways => {
        const holds = (items: readonly number[]): boolean =>
          ways.some(way => way.every(item => items.includes(item)));
        const kept = shrink(numbers(20), holds);
        expect(holds(kept)).toBe(true);
        for (const item of kept) expect(holds(kept.filter(other => other !== item))).toBe(false);
      }),
    );
  });
});
