import { expect } from 'vitest';
import { until } from '../../stack/wait.ts';
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

const soon = (what: string) => ({ withinMs: 10_000, what });

plant('response-before-save', {
  'an acknowledged change is not there at once on another instance': async ({
    visitor,
    direct: [first = '', second = ''],
  }) => {
    const alice = visitor(0, [first]);
    const elsewhere = alice.at(second);
    await alice.signIn();
    await alice.who();
    let late = '';
    await until(async () => {
      late = `value-${Math.random()}`;
      expect((await alice.add('basket', late)).status).toBe(303);
      const [there, here] = [await elsewhere.items('basket'), await alice.items('basket')];
      expect(here).toContain(late);
      return !there.includes(late);
    }, soon('a read elsewhere that misses it'));
    await until(async () => (await elsewhere.items('basket')).includes(late), soon('the change'));
  },
});

plant(
  'stale-replica-read',
  {
    'a read right after a write misses it': async ({ visitor }) => {
      const alice = visitor();
      await alice.signIn();
      await alice.who();
      let late = '';
      // As long as the replica does not have the session, it is read from the primary.
      await until(async () => {
        late = `value-${Math.random()}`;
        expect((await alice.add('basket', late)).status).toBe(303);
        return !(await alice.items('basket')).includes(late);
      }, soon('a stale read'));
      await until(async () => (await alice.items('basket')).includes(late), soon('the change'));
    },
  },
  { ordinary: 'nowhere' },
);

plant('stale-local-session-cache', {
  'reads go back to what another instance remembers': async ({
    visitor,
    direct: [first = '', second = ''],
  }) => {
    const alice = visitor(0, [first]);
    const elsewhere = alice.at(second);
    await alice.signIn();
    expect(await alice.items('basket')).toEqual([]);
    await elsewhere.who();
    expect((await elsewhere.add('basket', 'new')).status).toBe(303);
    expect(await elsewhere.items('basket')).toEqual(['new']);
    expect(await alice.items('basket')).toEqual([]);
  },
});

plant(
  'double-commit-after-response',
  {
    'a second change is undone by the second save of the first': async ({ visitor }) => {
      const alice = visitor();
      await alice.signIn();
      await alice.who();
      let missed = 0;
      await until(async () => {
        const value = `value-${Math.random()}`;
        expect((await alice.add('basket', value)).status).toBe(303);
        if (!(await alice.items('basket')).includes(value)) missed++;
        return missed > 2;
      }, soon('changes that are gone'));
    },
  },
  { ordinary: 'nowhere' },
);
