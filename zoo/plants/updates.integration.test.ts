import { expect } from 'vitest';
import { until } from '../../stack/wait.ts';
import { plant, soon } from '../testing/plant.ts';
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

plant('resave-rewrites-unmodified-session', {
  'writers take turns': async ({ visitor }) => {
    const alice = visitor();
    await alice.signIn();
    expect(await burst(alice, 'cart', 10)).toEqual({ told: 10, kept: 10 });
  },
  'a slow page that only reads undoes what was written meanwhile': async ({ visitor }) => {
    const alice = visitor();
    await alice.signIn();
    const values: string[] = [];
    let reading = true;
    const report = alice.send('/app/report').finally(() => {
      reading = false;
    });
    while (reading) {
      values.push(`value-${values.length}`);
      expect((await alice.add('cart', values.at(-1) ?? '')).status).toBe(303);
    }
    expect((await report).status).toBe(200);
    expect((await alice.items('cart')).length).toBeLessThan(values.length);
  },
});

plant('cookie-stored-session-race', {
  'of adds that overlap, those in the last cookie are kept': async ({ visitor }) => {
    const alice = visitor();
    await alice.signIn();
    const { told, kept } = await burst(alice, 'cart', 10);
    expect(told).toBe(10);
    expect(kept).toBeLessThan(10);
  },
});

plant('lock-per-thing-saves-whole-session', {
  'of adds to one thing that overlap, all are kept': async ({ visitor }) => {
    const alice = visitor();
    await alice.signIn();
    expect(await burst(alice, 'cart', 10)).toEqual({ told: 10, kept: 10 });
  },
  'adds to two things that overlap undo one another': async ({ visitor }) => {
    const alice = visitor();
    await alice.signIn();
    const both = await Promise.all(['cart', 'wishes'].map(object => burst(alice, object, 10)));
    expect(both.map(({ told }) => told)).toEqual([10, 10]);
    expect(Math.min(...both.map(({ kept }) => kept))).toBeLessThan(10);
  },
});

plant('lock-timeout-then-unlocked-write', {
  'adds that overlap a slow one go on without the lock': async ({ visitor }) => {
    const alice = visitor();
    await alice.signIn();
    await until(async () => {
      const value = `slow-${Math.random()}`;
      const slow = alice.submit({
        path: '/app/cart/wrapped',
        method: 'POST',
        form: { item: value },
        headers: {},
      });
      const quick = `quick-${value}`;
      await alice.who();
      await alice.add('cart', quick);
      await slow;
      const items = await alice.items('cart');
      return items.includes(value) && !items.includes(quick);
    }, soon('an add that is gone'));
  },
});

plant('insert-race-500', {
  'first writes that overlap are answered 500': async ({ visitor }) => {
    await until(async () => {
      const alice = visitor();
      await alice.signIn();
      const answers = await Promise.all(['a', 'b', 'c', 'd'].map(value => alice.add('cart', value)));
      const statuses = answers.map(({ status }) => status);
      expect(statuses).toContain(303);
      return statuses.includes(500);
    }, soon('a 500'));
  },
});

plant(
  'lb-retry-replays-write',
  {
    'a note that was added once is there twice': async ({ visitor }) => {
      const alice = visitor();
      await alice.signIn();
      const { write } = alice.target.slow ?? {};
      if (write === undefined) throw new Error('expected a slow write in the target');
      let value = '';
      await until(async () => {
        value = `note-${Math.random()}`;
        const began = performance.now();
        expect((await alice.submit(write, value)).status).toBe(303);
        return performance.now() - began > 1_000;
      }, soon('a note that the slow instance got first'));
      const twice = async () => (await alice.items('notes')).filter(item => item === value).length === 2;
      await until(twice, soon('the slow instance to add it too'));
    },
  },
  { ordinary: 'balancer' },
);
