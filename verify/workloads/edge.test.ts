import { expect, it } from 'vitest';
import { seeded } from '../random.ts';
import { Edge } from './edge.ts';

const SPAN = [-50, 50] as const;
const drawn = (edge: Edge): number[] => {
  const random = seeded(7);
  return Array.from({ length: 400 }, () => edge.draw(random, SPAN));
};
const share = (offsets: number[], from: number, to: number): number =>
  offsets.filter(offset => offset >= from && offset <= to).length / offsets.length;

it('sweeps the whole span until a response has changed', () => {
  const edge = new Edge();
  edge.saw(-20, false);
  const offsets = drawn(edge);
  expect(Math.min(...offsets)).toBeLessThan(-45);
  expect(Math.max(...offsets)).toBeGreaterThan(45);
  expect(share(offsets, -50, 0)).toBeCloseTo(0.5, 1);
});

it('then puts half of the tries where it changed, and goes on sweeping', () => {
  const edge = new Edge();
  for (const [offset, after] of [
    [-20, false],
    [9, true],
    [4, false],
    [30, true],
  ] as const)
    edge.saw(offset, after);
  const offsets = drawn(edge);
  expect(share(offsets, 4 - 100 / 16, 9 + 100 / 16)).toBeGreaterThan(0.5);
  expect(share(offsets, -50, -10)).toBeGreaterThan(0.15);
  expect(Math.max(...offsets)).toBeLessThanOrEqual(50);
});

it('treats responses that overlap as an edge that moves', () => {
  const edge = new Edge();
  edge.saw(12, false);
  edge.saw(-12, true);
  expect(share(drawn(edge), -12 - 100 / 16, 12 + 100 / 16)).toBeGreaterThan(0.6);
});

it('draws the same number of random numbers whatever was seen, so that the plan stays the same', () => {
  const [seen, unseen] = [seeded(3), seeded(3)];
  const edge = new Edge();
  new Edge().draw(unseen, SPAN);
  edge.saw(1, true);
  edge.saw(0, false);
  edge.draw(seen, SPAN);
  expect(seen.next()).toBe(unseen.next());
});
