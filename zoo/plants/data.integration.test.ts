import { expect } from 'vitest';
import { plant } from '../testing/plant.ts';
import type { Visitor } from '../testing/visitor.ts';

/** Adds this many values at once, and tells how many of those that were acknowledged are there afterwards. */
async function burst(
  visitor: Visitor,
  object: string,
  count: number,
): Promise<{ kept: number; told: number }> {
  const values = Array.from({ length: count }, (_, n) => `burst-${n}`);
  const answers = await Promise.all(values.map(value => visitor.add(object, value)));
  const told = values.filter((_, n) => (answers[n]?.status ?? 500) < 400);
  const items = await visitor.items(object);
  return { told: told.length, kept: told.filter(value => items.includes(value)).length };
}

plant('whole-session-last-writer-wins', {
  'of adds that overlap, few are kept': async ({ visitor }) => {
    const alice = visitor();
    await alice.signIn();
    await alice.who();
    const { told, kept } = await burst(alice, 'basket', 20);
    expect(told).toBe(20);
    expect(kept).toBeLessThan(20);
  },
});
