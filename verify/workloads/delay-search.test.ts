import { expect, it } from 'vitest';
import { seeded } from '../random.ts';
import { DelaySearch } from './delay-search.ts';

const SPAN = [-50, 50] as const;
const drawn = (delays: DelaySearch): number[] => {
  const random = seeded(7);
  return Array.from({ length: 400 }, () => delays.draw(random, SPAN));
};
const share = (offsets: number[], from: number, to: number): number =>
  offsets.filter(offset => offset >= from && offset <= to).length / offsets.length;

it('sweeps the whole span until a response has changed', () => {
  const delays = new DelaySearch();
  delays.saw(-20, false);
  const offsets = drawn(delays);
  expect(Math.min(...offsets)).toBeLessThan(-45);
  expect(Math.max(...offsets)).toBeGreaterThan(45);
  expect(share(offsets, -50, 0)).toBeCloseTo(0.5, 1);
});

it('then draws half of the delays near the change, and the others from the whole span', () => {
  const delays = new DelaySearch();
  for (const [offset, after] of [
    [-20, false],
    [9, true],
    [4, false],
    [30, true],
  ] as const)
    delays.saw(offset, after);
  const offsets = drawn(delays);
  expect(share(offsets, 4 - 100 / 16, 9 + 100 / 16)).toBeGreaterThan(0.5);
  expect(share(offsets, -50, -10)).toBeGreaterThan(0.15);
  expect(Math.max(...offsets)).toBeLessThanOrEqual(50);
});

it('finds a delay that varies between two values', () => {
  const delays = new DelaySearch();
  delays.saw(12, false);
  delays.saw(-12, true);
  expect(share(drawn(delays), -12 - 100 / 16, 12 + 100 / 16)).toBeGreaterThan(0.6);
});

it('draws the same number of random numbers whatever was recorded, so that the plan stays the same', () => {
  const [seen, unseen] = [seeded(3), seeded(3)];
  const delays = new DelaySearch();
  new DelaySearch().draw(unseen, SPAN);
  delays.saw(1, true);
  delays.saw(0, false);
  delays.draw(seen, SPAN);
  expect(seen.next()).toBe(unseen.next());
});
