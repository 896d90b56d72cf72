import { expect } from 'vitest';
import { until } from '../../stack/wait.ts';
import { plant, soon } from '../testing/plant.ts';
import type { Visitor } from '../testing/visitor.ts';

async function burst(
  visitor: Visitor,
  object: string,
  count: number,
): Promise<{ kept: number; acknowledged: number }> {
  const values = Array.from({ length: count }, (_, n) => `burst-${n}`);
  const answers = await Promise.all(values.map(value => visitor.add(object, value)));
  const acknowledged = values.filter((_, n) => (answers[n]?.status ?? 500) < 400);
  const items = await visitor.items(object);
  return {
    acknowledged: acknowledged.length,
    kept: acknowledged.filter(value => items.includes(value)).length,
  };
}

plant('whole-session-last-writer-wins', {
  'some of the overlapping adds are lost': async ({ visitor }) => {
    const alice = visitor();
    await alice.signIn();
    await alice.who();
    const { acknowledged, kept } = await burst(alice, 'basket', 20);
    expect(acknowledged).toBe(20);
    expect(kept).toBeLessThan(20);
  },
});

plant('resave-rewrites-unmodified-session', {
  'writers take turns': async ({ visitor }) => {
    const alice = visitor();
    await alice.signIn();
    expect(await burst(alice, 'cart', 10)).toEqual({ acknowledged: 10, kept: 10 });
  },
  'a slow page that only reads undoes what was written while it ran': async ({ visitor }) => {
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
  'only the overlapping adds in the last cookie are kept': async ({ visitor }) => {
    const alice = visitor();
    await alice.signIn();
    const { acknowledged, kept } = await burst(alice, 'cart', 10);
    expect(acknowledged).toBe(10);
    expect(kept).toBeLessThan(10);
  },
});

plant('lock-per-thing-saves-whole-session', {
  'overlapping adds to one thing are all kept': async ({ visitor }) => {
    const alice = visitor();
    await alice.signIn();
    expect(await burst(alice, 'cart', 10)).toEqual({ acknowledged: 10, kept: 10 });
  },
  'overlapping adds to two things undo one another': async ({ visitor }) => {
    const alice = visitor();
    await alice.signIn();
    const both = await Promise.all(['cart', 'wishes'].map(object => burst(alice, object, 10)));
    expect(both.map(({ acknowledged }) => acknowledged)).toEqual([10, 10]);
    expect(Math.min(...both.map(({ kept }) => kept))).toBeLessThan(10);
  },
});

plant('lock-timeout-then-unlocked-write', {
  'adds that overlap a slow one continue without the lock': async ({ visitor }) => {
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
    }, soon('an add that is lost'));
  },
});

plant('insert-race-500', {
  'overlapping first writes get a 500': async ({ visitor }) => {
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

plant('file-store-writes-in-place', {
  'overlapping writes leave a file that cannot be read': async ({ visitor }) => {
    await until(async () => {
      const alice = visitor();
      await alice.signIn();
      const adds = Array.from({ length: 8 }, (_, n) => alice.add('cart', 'x'.repeat(40 * (n + 1))));
      const statuses = (await Promise.all(adds)).map(({ status }) => status);
      return statuses.some(status => status >= 500) || (await alice.send('/app/cart')).status >= 500;
    }, soon('a session that fails'));
  },
});

plant('column-cuts-session', {
  'a session that has grown is gone': async ({ visitor }) => {
    const alice = visitor();
    await alice.signIn();
    for (let n = 0; n < 4; n++) expect((await alice.add('cart', 'x'.repeat(1_500))).status).toBe(303);
    expect(await alice.who()).toBe(alice.user);
    for (let n = 0; n < 4; n++) await alice.add('cart', 'x'.repeat(1_500));
    expect(await alice.who()).toBeUndefined();
  },
});

plant('large-session-silently-not-saved', {
  'a change of a large session is acknowledged, and missing': async ({ visitor }) => {
    const alice = visitor();
    await alice.signIn();
    for (let n = 0; n < 12; n++) expect((await alice.add('cart', `${n}`.repeat(1_000))).status).toBe(303);
    const items = await alice.items('cart');
    expect(items.length).toBeGreaterThan(5);
    expect(items.length).toBeLessThan(12);
  },
});
