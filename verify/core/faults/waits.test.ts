import { expect, it } from 'vitest';
import type { Operation } from '../history/history.ts';
import { WaitTimes } from './waits.ts';

const SECOND = 1_000_000;
const at = (call: number, end?: number) => ({ call, ...(end && { return: end }) }) as Operation;

it('the longest wait counts failed requests, and percentiles only waits that ended with a success', () => {
  const waits = new WaitTimes();
  expect([waits.longest, waits.quantile(0.99)]).toEqual([0, 0]);
  const last = at(0, 60 * SECOND);
  waits.add(at(0), last, true);
  expect(waits.quantile(0.99)).toBe(60 * SECOND);
  for (let i = 0; i < 98; i++) waits.add(at(0), at(0, SECOND), false);
  for (let i = 0; i < 2; i++) waits.add(at(0), at(5 * SECOND, 10 * SECOND), false);
  expect(waits.longest).toBe(60 * SECOND);
  expect(waits.example?.[1]).toBe(last);
  // A percentile is at most 5 % above the wait.
  for (const [share, wait] of [
    [0.5, 1],
    [0.98, 1],
    [0.99, 10],
    [1, 10],
  ] as const) {
    expect(waits.quantile(share) / SECOND).toBeGreaterThanOrEqual(wait);
    expect(waits.quantile(share) / SECOND).toBeLessThan(wait * 1.05);
  }
});
