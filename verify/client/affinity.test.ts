import { expect, it } from 'vitest';
import { seeded } from '../random.ts';
import { Affinity, type AffinityMode } from './affinity.ts';

const jar = [
  { name: 'sid', value: 'mine' },
  { name: 'route', value: 'a' },
];
const affinity = (mode: AffinityMode, late = false) => new Affinity('route', mode, seeded(1), () => late);

it('on: sends the affinity cookie of the jar', () => {
  expect(affinity('on').sent(jar)).toEqual(jar);
});

it('off: never sends the cookie', () => {
  expect(affinity('off').sent(jar)).toEqual([{ name: 'sid', value: 'mine' }]);
});

it('re-pinned: sends the affinity cookie of another client; a client without an affinity cookie sends none', () => {
  const swapped = affinity('re-pinned');
  for (const value of ['a', 'b', 'c']) swapped.saw({ name: 'route', value });
  const sent = Array.from(
    { length: 50 },
    () => swapped.sent(jar).find(({ name }) => name === 'route')?.value,
  );
  expect(new Set(sent)).toEqual(new Set(['a', 'b', 'c']));
  expect(swapped.sent([jar[0] as (typeof jar)[0]])).toEqual([{ name: 'sid', value: 'mine' }]);
});

it('broken: loses the affinity cookie in the second half of the run', () => {
  expect([
    affinity('broken').breaks(),
    affinity('broken', true).breaks(),
    affinity('off', true).breaks(),
  ]).toEqual([false, true, false]);
});
