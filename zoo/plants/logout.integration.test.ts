import { expect } from 'vitest';
import { until } from '../../stack/wait.ts';
import { plant, soon } from '../testing/plant.ts';

plant('logout-local-to-node', {
  'another instance still accepts the cookie': async ({ visitor, direct: [first = '', second = ''] }) => {
    const alice = visitor(0, [first]);
    await alice.signIn();
    await alice.at(second).who();
    const cookie = await alice.cookie();
    expect((await alice.signOut()).status).toBe(303);
    expect(await alice.who(cookie)).toBeUndefined();
    expect(await alice.at(second).who(cookie)).toBe(alice.user);
  },
});

plant('logout-resurrected-by-inflight-save', {
  'a slow request that writes restores the session': async ({ visitor }) => {
    await until(async () => {
      const alice = visitor();
      await alice.signIn();
      const cookie = await alice.cookie();
      const slow = alice.send('/app/cart/wrapped', { method: 'POST', form: { item: 'late' }, cookie });
      await alice.who();
      expect((await alice.signOut()).status).toBe(303);
      const after = await alice.who(cookie);
      await slow;
      return after === undefined && (await alice.who(cookie)) === alice.user;
    }, soon('a session that is restored'));
  },
});

plant('logout-is-client-side-only', {
  'the cookie still works': async ({ visitor }) => {
    const alice = visitor();
    await alice.signIn();
    const cookie = await alice.cookie();
    await alice.signOut();
    expect(await alice.who()).toBeUndefined();
    expect(await alice.who(cookie)).toBe(alice.user);
  },
});

plant(
  'clear-cookie-attributes-mismatch',
  {
    'the browser keeps the cookie and stays signed in': async ({ visitor }) => {
      const alice = visitor();
      await alice.signIn();
      const answer = await alice.signOut();
      expect(answer.headers.getSetCookie()).toHaveLength(2);
      expect(await alice.who()).toBe(alice.user);
    },
  },
  { ordinary: 'nowhere' },
);

plant('revoke-all-misses-sessions', {
  'of sessions that begin at the same time, one survives': async ({ visitor }) => {
    await until(async () => {
      const devices = Array.from({ length: 4 }, () => visitor());
      await Promise.all(devices.map(device => device.signIn()));
      const [phone] = devices;
      await phone?.send('/app/logout-everywhere', { method: 'POST' });
      const alive = await Promise.all(devices.map(device => device.who()));
      expect(alive[0]).toBeUndefined();
      return alive.some(user => user !== undefined);
    }, soon('a session that is still signed in'));
  },
  'sessions that begin one after the other do not': async ({ visitor }) => {
    const devices = Array.from({ length: 3 }, () => visitor(1));
    for (const device of devices) await device.signIn();
    await devices[0]?.send('/app/logout-everywhere', { method: 'POST' });
    for (const device of devices) expect(await device.who()).toBeUndefined();
  },
});
