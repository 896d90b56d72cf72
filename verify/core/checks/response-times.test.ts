import { expect, it } from 'vitest';
import type { Operation, Run } from '../history/history.ts';
import { ResponseTimes } from './response-times.ts';

const times = (slow: number, more: Partial<Operation> = {}) => {
  const all = new ResponseTimes({ declared: { budgets: { latency: { p90: 1000 } } } } as unknown as Run);
  const add = (took: number, of: Partial<Operation>) =>
    all.add({ outcome: 'ok', call: 0, return: took, ...of } as Operation);
  for (let i = 0; i < 100 - slow; i++) add(1000, {});
  for (let i = 0; i < slow; i++) add(1001, more);
  return all;
};
const exceeded = (all: ResponseTimes, least = 100) => {
  const { violations, starved } = all.exceeded(least);
  return [violations.map(({ summary }) => summary), starved];
};

it('a limit for p90 allows a tenth of the responses to take longer', () => {
  expect(exceeded(times(10))).toEqual([[], 0]);
  expect(exceeded(times(11))).toEqual([
    ['11 % of 100 responses took longer than 1 ms without a fault; the budget for p90 allows 10 %'],
    0,
  ]);
  expect(exceeded(times(11), 101)).toEqual([[], 0]);
});

it('a response that a lack of CPU time may explain is no violation, and is reported', () => {
  expect(exceeded(times(11, { starved: true }))).toEqual([[], 11]);
  expect(exceeded(times(10, { starved: true }))).toEqual([[], 0]);
});

it('the time counts from the planned start, and only for successes with a response', () => {
  expect(exceeded(times(50, { return: 500, late: 501 }))[0]).toHaveLength(1);
  expect(exceeded(times(50, { return: 500, late: 500 }))).toEqual([[], 0]);
  expect(exceeded(times(50, { outcome: 'fail' }), 50)).toEqual([[], 0]);
  expect(exceeded(times(50, { outcome: 'fail' }), 51)).toEqual([[], 0]);
});
