import { expect } from 'vitest';
import { until } from '../../stack/wait.ts';
import { type Plant, plant } from '../testing/plant.ts';

/** Idle timeout of the apps in this file, and a time that is clearly longer, milliseconds. */
const IDLE_MS = 4_000;
const TOO_LONG_MS = 6_500;

const looking = (what: string) => ({ withinMs: 20_000, everyMs: 333, what });

const passed = (ms: number, began: number) =>
  until(() => performance.now() - began > ms, { withinMs: 2 * ms, what: `${ms} ms to pass` });

const endsWhileRead = {
  'a user who only reads is signed out while active': async ({ visitor }: Plant) => {
    const alice = visitor();
    await alice.signIn();
    await until(async () => (await alice.who()) === undefined, looking('the session to end'));
  },
};
plant('no-touch-fixed-ttl', endsWhileRead);
plant('old-express-session-never-touches', endsWhileRead);
plant('old-connect-redis-never-touches', endsWhileRead);

plant('cookie-not-rolled', {
  'the browser drops the cookie of an active user, and the server still accepts it': async ({ visitor }) => {
    const alice = visitor();
    await alice.signIn();
    const cookie = await alice.cookie();
    await until(async () => (await alice.who()) === undefined, looking('the cookie to end'));
    expect(await alice.who(cookie)).toBe(alice.user);
  },
});

plant('server-session-outlives-cookie', {
  'a copy of the cookie works long after the browser has deleted it': async ({ visitor }) => {
    const alice = visitor();
    await alice.signIn();
    const cookie = await alice.cookie();
    await passed(TOO_LONG_MS, performance.now());
    expect(await alice.cookie()).toBe('');
    expect(await alice.who(cookie)).toBe(alice.user);
  },
});

plant('ttl-unit-or-overflow', {
  'an idle session does not expire': async ({ visitor }) => {
    const alice = visitor();
    await alice.signIn();
    await passed(TOO_LONG_MS, performance.now());
    expect(await alice.who()).toBe(alice.user);
  },
});

plant('no-absolute-timeout', {
  'an active session outlives its absolute timeout': async ({ visitor }) => {
    const alice = visitor();
    await alice.signIn();
    const began = performance.now();
    const { absolute = 0 } = alice.target.expiry ?? {};
    expect(absolute).toBeGreaterThan(IDLE_MS);
    await until(async () => {
      expect(await alice.who()).toBe(alice.user);
      return performance.now() - began > absolute + 2_000;
    }, looking('the absolute timeout to pass'));
  },
});

plant('local-copy-outlives-shared-session', {
  'a session that one instance has served for long is unknown to the other': async ({
    visitor,
    direct: [first = '', second = ''],
  }) => {
    const alice = visitor(0, [first]);
    await alice.signIn();
    const cookie = await alice.cookie();
    const began = performance.now();
    await until(async () => {
      expect(await alice.who()).toBe(alice.user);
      return performance.now() - began > TOO_LONG_MS;
    }, looking('the shared session to end'));
    expect(await alice.at(second).who(cookie)).toBeUndefined();
    expect(await alice.who(cookie)).toBe(alice.user);
  },
});

plant('renewal-drops-concurrent-requests', {
  'a request that overlaps the renewal is signed out': async ({ visitor }) => {
    await until(async () => {
      const alice = visitor();
      await alice.signIn();
      await alice.who();
      const began = performance.now();
      await passed(2_100, began);
      const cookie = await alice.cookie();
      const users = await Promise.all(Array.from({ length: 6 }, () => alice.who(cookie)));
      return users.includes(alice.user) && users.includes(undefined);
    }, looking('a request that overlaps'));
  },
});
