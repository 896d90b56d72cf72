import { expect } from 'vitest';
import { until } from '../../stack/wait.ts';
import { plant, soon } from '../testing/plant.ts';

plant('response-before-save', {
  'an acknowledged change is not visible at once on another instance': async ({
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
    }, soon('a read on the other instance that misses it'));
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
      // Repeats the write: until the replica has the session, the app reads the session from the primary.
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
  'reads go back to the cached state of another instance': async ({
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
    'the second save of a change undoes the next change': async ({ visitor }) => {
      const alice = visitor();
      await alice.signIn();
      await alice.who();
      let missed = 0;
      await until(async () => {
        const value = `value-${Math.random()}`;
        expect((await alice.add('basket', value)).status).toBe(303);
        if (!(await alice.items('basket')).includes(value)) missed++;
        return missed > 2;
      }, soon('changes that are lost'));
    },
  },
  { ordinary: 'nowhere' },
);

plant('other-device-reads-replica', {
  'a change is visible at once on the device that made it, and late on another': async ({ visitor }) => {
    const [phone, laptop] = [visitor(), visitor()];
    await phone.signIn();
    await laptop.signIn();
    await until(async () => {
      const note = `note-${Math.random()}`;
      expect((await phone.add('notes', note)).status).toBe(303);
      const there = await laptop.items('notes');
      expect(await phone.items('notes')).toContain(note);
      return !there.includes(note);
    }, soon('a read that misses it'));
  },
});

plant('charset-differs-between-instances', {
  'only one instance stores a text with an umlaut correctly': async ({
    visitor,
    direct: [first = '', second = ''],
  }) => {
    const alice = visitor(0, [first]);
    await alice.signIn();
    await alice.who();
    expect((await alice.add('cart', 'Grün 1')).status).toBe(303);
    expect((await alice.at(second).add('cart', 'Grün 2')).status).toBe(303);
    const items = await alice.items('cart');
    expect(items).toContain('Grün 1');
    expect(items).not.toContain('Grün 2');
  },
});

plant('numbers-lose-digits', {
  'only one instance reads a text of digits correctly': async ({
    visitor,
    direct: [first = '', second = ''],
  }) => {
    const alice = visitor(0, [first]);
    await alice.signIn();
    await alice.who();
    expect((await alice.add('cart', '0123')).status).toBe(303);
    expect(await alice.items('cart')).toEqual(['0123']);
    expect(await alice.at(second).items('cart')).toEqual(['123']);
  },
});
