import { expect } from 'vitest';
import { plant } from '../testing/plant.ts';

plant('no-id-rotation-at-login', {
  'a cookie from before the login is signed in by it': async ({ visitor }) => {
    const alice = visitor();
    await alice.send(alice.target.login.page);
    const planted = await alice.cookie();
    expect(planted).not.toBe('');
    expect(await alice.who(planted)).toBeUndefined();
    await alice.submit(alice.target.login);
    expect(await alice.who(planted)).toBe(alice.user);
  },
});

plant('logout-local-to-node', {
  'another instance goes on accepting the cookie': async ({ visitor, direct: [first = '', second = ''] }) => {
    const alice = visitor(0, [first]);
    await alice.signIn();
    await alice.at(second).who();
    const cookie = await alice.cookie();
    expect((await alice.signOut()).status).toBe(303);
    expect(await alice.who(cookie)).toBeUndefined();
    expect(await alice.at(second).who(cookie)).toBe(alice.user);
  },
});
