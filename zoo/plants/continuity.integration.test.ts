import { expect } from 'vitest';
import { plant } from '../testing/plant.ts';

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
  'an instance takes the cookie of another for forged': async ({
    visitor,
    direct: [first = '', second = ''],
  }) => {
    const alice = visitor(0, [first]);
    await alice.signIn();
    expect(await alice.at(second).who()).toBeUndefined();
    expect(await alice.who()).toBe(alice.user);
  },
  'and a login there replaces it': async ({ visitor, direct: [first = '', second = ''] }) => {
    const alice = visitor(0, [first]);
    await alice.signIn();
    await alice.at(second).signIn();
    expect(await alice.who()).toBeUndefined();
  },
});
