import { afterEach, expect, it, vi } from 'vitest';
import { crowdOfMachine, Starvation } from './starvation.ts';

const SECOND = 1_000_000;
let made: Starvation[] = [];
afterEach(() => {
  for (const one of made) one.stop();
  made = [];
});

/** Looks ten times a second, each second as crowded as given. */
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

it('tells a machine on which many wait for each core from one on which some do', () => {
  expect(looked(7, 7).during(SECOND, 2 * SECOND)).toBe(true);
  expect(looked(4, 4).during(SECOND, 2 * SECOND)).toBe(false);
});

it('looks at a second at least, at all of a longer request, and at nothing else', () => {
  const starvation = looked(9, 0, 9, 3);
  expect(starvation.during(2.9 * SECOND, 3 * SECOND)).toBe(true);
  expect(starvation.during(3.1 * SECOND, 3.2 * SECOND)).toBe(true);
  expect(starvation.during(3.8 * SECOND, 3.9 * SECOND)).toBe(false);
  expect(starvation.during(0, 2.9 * SECOND)).toBe(true);
  expect(starvation.during(SECOND, 3 * SECOND)).toBe(false);
});

it('knows nothing where the system does not tell, and before it has looked', () => {
  expect(looked(undefined, undefined).during(0, 2 * SECOND)).toBe(false);
  expect(looked().during(0, SECOND)).toBe(false);
});

it('looks by itself, until it is stopped', () => {
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
  vi.useRealTimers();
});

it.runIf(process.platform === 'linux')('reads what the system tells', () => {
  expect(crowdOfMachine()).toBeGreaterThanOrEqual(0);
});
