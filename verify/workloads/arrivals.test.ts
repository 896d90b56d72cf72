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
    let [now, over, late] = [0, false, 0];
    const waits: number[] = [];
    const wait = async (milliseconds: number): Promise<void> => {
      waits.push(milliseconds);
      now += milliseconds * 1000 + late;
    };
    const arrivals = new Arrivals(
      { from: 2, to: 2 },
      SECOND,
      () => now,
      () => over,
      wait,
    );
    arrivals.start();
    expect(await arrivals.take()).toBe(0);
    expect(await arrivals.take()).toBe(500_000);
    expect(waits).toEqual([200, 200, 100]);
    now += 499_000;
    late = 4_000;
    expect(await arrivals.take()).toBe(1_004_000);
    now = 1_499_000;
    late = 6_000;
    expect(await arrivals.take()).toBe(1_500_000);
    const next = arrivals.take();
    over = true;
    expect(await next).toBeUndefined();
  });

  it('do not begin if the load ends before all sessions are logged in', async () => {
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
