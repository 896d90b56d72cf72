import { afterEach, expect, it, vi } from 'vitest';
import { crowdOfMachine, Starvation } from './starvation.ts';

const SECOND = 1_000_000;
let made: Starvation[] = [];
afterEach(() => {
  for (const one of made) one.stop();
  made = [];
  vi.useRealTimers();
});

/** @param crowds the load in each second: runnable threads per core */
function looked(...crowds: (number | undefined)[]): Starvation {
  const time = { now: 0 };
  const starvation = new Starvation(
    () => time.now,
    () => crowds[Math.floor(time.now / SECOND)],
  );
  made.push(starvation);
  for (; time.now < crowds.length * SECOND; time.now += SECOND / 10) starvation.look();
  return starvation;
}

it('distinguishes a machine with many runnable threads for each core from one with some', () => {
  expect(looked(7, 7).during(SECOND, 2 * SECOND)).toBe(true);
  expect(looked(4, 4).during(SECOND, 2 * SECOND)).toBe(false);
});

it('considers one second at least, the whole of a longer request, and nothing else', () => {
  const starvation = looked(10, 0, 10, 3);
  expect(starvation.during(2.9 * SECOND, 3 * SECOND)).toBe(true);
  expect(starvation.during(3.1 * SECOND, 3.2 * SECOND)).toBe(true);
  expect(starvation.during(3.8 * SECOND, 3.9 * SECOND)).toBe(false);
  expect(starvation.during(0, 2.9 * SECOND)).toBe(true);
  expect(starvation.during(SECOND, 3 * SECOND)).toBe(false);
});

it('takes one second of overload as the cause if no response came', () => {
  const starvation = looked(3, 7, 3, 3, 3);
  expect(starvation.during(0, 4 * SECOND)).toBe(false);
  expect(starvation.during(0, 4 * SECOND, true)).toBe(true);
  expect(starvation.during(2.5 * SECOND, 4 * SECOND, true)).toBe(false);
});

it('gives a late sample the weight of the time before it: an overloaded process takes few samples', () => {
  const time = { now: 0, crowd: 1 };
  const starvation = new Starvation(
    () => time.now,
    () => time.crowd,
  );
  made.push(starvation);
  for (const [now, crowd] of [
    [0, 1],
    [0.1, 1],
    [0.2, 1],
    [0.3, 1],
    [2, 9],
  ] as const) {
    Object.assign(time, { now: now * SECOND, crowd });
    starvation.look();
  }
  expect(starvation.during(0, 2 * SECOND)).toBe(true);
});

it('reports nothing if the system does not report its load, and before the first sample', () => {
  expect(looked(undefined, undefined).during(0, 2 * SECOND)).toBe(false);
  expect(looked().during(0, SECOND)).toBe(false);
});

it('takes samples by itself, until it is stopped', () => {
  vi.useFakeTimers();
  let looks = 0;
  const starvation = new Starvation(
    () => 0,
    () => ++looks,
  );
  vi.advanceTimersByTime(1000);
  expect(looks).toBe(10);
  starvation.stop();
  vi.advanceTimersByTime(1000);
  expect(looks).toBe(10);
});

it.runIf(process.platform === 'linux')('reads the load of the system', () => {
  expect(crowdOfMachine()).toBeGreaterThanOrEqual(0);
});
