import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Progress } from './progress.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

it('says why a run continues past its duration', () => {
  const lines: string[] = [];
  const progress = new Progress({ write: text => lines.push(text) }, false);
  progress.phase('load', { sessions: 4, duration: 10_000 });
  progress.active(['the last reads of the sessions', 'burst']);
  vi.advanceTimersByTime(9_000);
  expect(lines.at(-1)).toMatch(/^ {2}9 of 10 s {2}0 requests/);
  progress.active(['burst', 'faults']);
  vi.advanceTimersByTime(45_000);
  expect(lines.at(-1)).toMatch(
    /^ {2}54 s, the load of 10 s is over, waiting for: burst, faults {2}0 requests/,
  );
  progress.end();
});
