import { describe, expect, it } from 'vitest';
import { seeded } from '../../random.ts';
import type { Operation } from '../history/history.ts';
import { Gaps, lengthOf } from './gaps.ts';

type Drawn = [call: number, end: number | undefined, failed?: boolean | undefined];

/** @returns the longest gap in milliseconds, if the requests are recorded in the order of their return times */
function longest(drawn: readonly Drawn[], at = 1_000): number {
  const gaps = new Gaps();
  const ended = drawn.toSorted(([, a = 1e9], [, b = 1e9]) => a - b);
  for (const [call, end, failed = false] of ended) {
    const operation = {
      call: call * 1000,
      ...(end === undefined ? {} : { return: end * 1000 }),
    } as Operation;
    gaps.ended(operation, end === undefined ? undefined : failed, () => true);
  }
  return Math.max(0, ...gaps.finish(at * 1000).map(gap => lengthOf(gap) / 1000));
}

describe('a gap', () => {
  it('lasts from the first request that waited, or the last response, to the next response', () => {
    expect(
      longest([
        [0, 5],
        [10, 15, true],
        [20, 45],
      ]),
    ).toBe(35);
    expect(
      longest([
        [0, 30],
        [10, 35, true],
        [60, 75],
      ]),
    ).toBe(45);
  });

  it('does not exist while no request waits, however long the interval', () => {
    expect(
      longest([
        [0, 5],
        [500, 505],
      ]),
    ).toBe(5);
    expect(longest([[0, 5]])).toBe(5);
    expect(longest([])).toBe(0);
  });

  it('is found by a request that ends long after the gap', () => {
    // The first request takes 90 ms. A quick request is sent late in this time, but gets its response first.
    expect(
      longest([
        [0, 1],
        [5, 96],
        [94, 95],
      ]),
    ).toBe(90);
  });

  it('that is open at the end lasts until the last request that waited without success', () => {
    expect(
      longest([
        [0, 5],
        [10, 40, true],
        [50, 70, true],
      ]),
    ).toBe(60);
    expect(
      longest(
        [
          [0, 5],
          [10, undefined],
        ],
        90,
      ),
    ).toBe(80);
  });

  it('equals the longest gap that a search over all times finds', () => {
    for (let seed = 1; seed <= 300; seed++) {
      const random = seeded(seed);
      const below = (most: number): number => Math.floor(random.next() * most);
      const drawn = Array.from({ length: 1 + below(12) }, (): Drawn => {
        const call = below(100);
        return [call, call + 1 + below(30), random.next() < 0.4];
      });
      const answers = drawn.filter(([, , failed]) => !failed).map(([, end]) => end as number);
      const ends = drawn.map(([, end]) => end as number);
      let expected = 0;
      for (let from = 0; from < 140; from++) {
        // A request in flight at the time `from` waits until the next success. If no success follows, it waits until
        // the last failure.
        if (!drawn.some(([call, end = 0]) => call <= from && end > from)) continue;
        const next = Math.min(...answers.filter(end => end > from));
        const until = next < Number.POSITIVE_INFINITY ? next : Math.max(...ends);
        expected = Math.max(expected, until - from);
      }
      expect(longest(drawn), `seed ${seed}`).toBe(expected);
    }
  });
});
