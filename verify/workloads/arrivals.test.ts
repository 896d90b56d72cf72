import { describe, expect, it } from 'vitest';
import { Arrivals, timeOf } from './arrivals.ts';

const SECOND = 1_000_000;

describe('planned times', () => {
  it('are evenly spread at a constant rate', () => {
    const times = [0, 1, 2, 400].map(n => timeOf({ from: 200, to: 200 }, SECOND, n));
    expect(times).toEqual([0, 5_000, 10_000, 2 * SECOND]);
  });

  it.each([
    [50, 150],
    [150, 50],
  ])('follow a rate from %d to %d, and stay at its end', (from, to) => {
    const plan = Array.from({ length: 401 }, (_, n) => timeOf({ from, to }, 4 * SECOND, n));
    // 400 actions have the mean rate of 100 in 4 s.
    expect(plan[400]).toBeCloseTo(4 * SECOND, 3);
    const within = (begin: number, end: number): number =>
      plan.filter(time => time >= begin * SECOND && time < end * SECOND).length;
    for (let second = 0; second < 4; second++) {
      const mean = from + ((to - from) * (second + 0.5)) / 4;
      expect(Math.abs(within(second, second + 1) - mean)).toBeLessThanOrEqual(1);
    }
    const [after = 0, next = 0] = [500, 501].map(n => timeOf({ from, to }, 4 * SECOND, n));
    expect(next - after).toBeCloseTo(SECOND / to, 3);
  });
});

describe('arrivals', () => {
  it('that all sessions missed keep their planned times, in order', async () => {
    let now = 0;
    const arrivals = new Arrivals(
      { from: 100, to: 100 },
      SECOND,
      () => now,
      () => false,
    );
    arrivals.start();
    now = 45_000;
    const due = [await arrivals.take(), await arrivals.take(), await arrivals.take()];
    expect(due).toEqual([0, 10_000, 20_000]);
  });

  it('wait for their time, and end with the load', async () => {
    const began = performance.now();
    const now = (): number => (performance.now() - began) * 1000;
    let over = false;
    const arrivals = new Arrivals({ from: 50, to: 50 }, SECOND, now, () => over);
    arrivals.start();
    await arrivals.take();
    expect(await arrivals.take()).toBeGreaterThanOrEqual(20_000);
    const next = arrivals.take();
    over = true;
    expect(await next).toBeUndefined();
  });

  it('do not begin if the load ends before all sessions are in', async () => {
    let over = false;
    const arrivals = new Arrivals(
      { from: 1, to: 1 },
      SECOND,
      () => 0,
      () => over,
    );
    const first = arrivals.take();
    over = true;
    expect(await first).toBeUndefined();
  });
});
