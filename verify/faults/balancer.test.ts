import { expect, it } from 'vitest';
import { instanceOut } from './balancer.ts';
import type { Stage } from './fault.ts';

/**
 * Returns whether the fault `instance-out` sees that app-1 serves no more requests.
 *
 * @param shown numbers of requests that app-1 and app-2 have served, at each check
 */
async function takesEffect(...shown: readonly (readonly [out: number, other: number])[]): Promise<boolean> {
  const [out, other] = ['app-1', 'app-2'].map(name => ({ name }));
  const left = [...shown];
  const stage = {
    stack: { instances: () => [out, other], balancer: { deregister: async () => {} } },
    instance: out,
    undo: () => {},
    answered: (name: string) => left[0]?.[name === 'app-1' ? 0 : 1] ?? 0,
    wait: async () => void left.shift(),
    shown: async (condition: () => Promise<boolean>) => {
      while (left.length > 1) if (await condition()) return true;
      return false;
    },
  };
  return await instanceOut.inject(stage as unknown as Stage);
}

it('is seen when only other instances serve, even if the balancer had sent requests to it just before', async () => {
  expect(await takesEffect([3, 3], [3, 9])).toBe(true);
  expect(await takesEffect([3, 3], [5, 9], [5, 14])).toBe(true);
  expect(await takesEffect([3, 3], [5, 9], [8, 14])).toBe(false);
});

it('is not seen while no instance responds', async () => {
  expect(await takesEffect([3, 3], [3, 3], [3, 3])).toBe(false);
});
