import { expect, it } from 'vitest';
import { pauseAfter } from './visits.ts';

it('two short sessions have a pause as long as the first, but not as long as a login that waited for its turn', () => {
  expect(pauseAfter(3)).toBe(100);
  expect(pauseAfter(700)).toBe(700);
  expect(pauseAfter(110_000)).toBe(2_000);
});
