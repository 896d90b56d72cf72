import { expect } from 'vitest';
import { until } from '../../stack/wait.ts';
import { plant, soon } from '../testing/plant.ts';

plant('memory-store-per-instance', {
  'another instance does not know the session': async ({ visitor, direct: [first = '', second = ''] }) => {
    const alice = visitor(0, [first]);
    await alice.signIn();
    expect(await alice.who()).toBe(alice.user);
    expect(await alice.at(second).who()).toBeUndefined();
    expect(await alice.who()).toBe(alice.user);
  },
});

plant('secret-mismatch-between-instances', {
  'an instance rejects the cookie of another one as forged': async ({
    visitor,
    direct: [first = '', second = ''],
  }) => {
    const alice = visitor(0, [first]);
    await alice.signIn();
    expect(await alice.at(second).who()).toBeUndefined();
    expect(await alice.who()).toBe(alice.user);
  },
  'and a login on the other instance replaces it': async ({ visitor, direct: [first = '', second = ''] }) => {
    const alice = visitor(0, [first]);
    await alice.signIn();
    await alice.at(second).signIn();
    expect(await alice.who()).toBeUndefined();
  },
});

plant('form-or-handshake-token-in-process', {
  'a form is refused by an instance that did not make it': async ({
    visitor,
    direct: [first = '', second = ''],
  }) => {
    const alice = visitor(0, [first]);
    await alice.send(alice.target.login.page);
    expect((await alice.at(second).submit(alice.target.login)).status).toBe(403);
    expect((await alice.submit(alice.target.login)).status).toBe(303);
    expect(await alice.at(second).who()).toBe(alice.user);
  },
});

plant('ip-bound-session', {
  'a session is signed in over one node of the cloud balancer, and signed out over the other': async ({
    visitor,
  }) => {
    const alice = visitor();
    await alice.signIn();
    const seen = [];
    for (let n = 0; n < 40; n++) seen.push(await alice.who());
    expect(new Set(seen)).toEqual(new Set([alice.user, undefined]));
  },
});

plant(
  'secure-cookie-dropped-behind-tls-proxy',
  {
    'a login on the instance that trusts no proxy begins no session': async ({ visitor }) => {
      await until(async () => {
        const alice = visitor();
        const answer = await alice.signIn();
        expect(answer.status).toBe(303);
        const set = answer.headers.getSetCookie().length > 0;
        expect(set).toBe(answer.headers.get('x-instance-id') === 'app-1');
        expect(await alice.who()).toBe(set ? alice.user : undefined);
        return !set;
      }, soon('a login without a cookie'));
    },
  },
  { ordinary: 'nowhere' },
);

plant('duplicate-or-clobbered-cookies', {
  'the server uses the cookie from before the login instead of the new one': async ({
    visitor,
    direct: [first = '', second = ''],
  }) => {
    const alice = visitor(0, [first]);
    await alice.at(second).send(alice.target.login.page);
    expect((await alice.submit(alice.target.login)).status).toBe(303);
    expect((await alice.cookie()).match(/connect\.sid=/g)).toHaveLength(2);
    expect(await alice.who()).toBeUndefined();
  },
});
