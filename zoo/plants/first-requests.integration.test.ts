import { expect } from 'vitest';
import { until } from '../../stack/wait.ts';
import { type Plant, plant, soon } from '../testing/plant.ts';

plant('parallel-first-requests-split-session', {
  'the login fails after parallel first requests, also with a fresh form': async ({ visitor }) => {
    await until(async () => {
      const alice = visitor();
      const pages = [alice.target.login.page, '/', '/help', '/app/dashboard'];
      await Promise.all(pages.map(page => alice.send(page)));
      if ((await alice.signIn()).status !== 403) return false;
      expect((await alice.signIn()).status).toBe(403);
      return true;
    }, soon('a refused login'));
  },
  'and not after one first request': async ({ visitor }) => {
    expect((await visitor().signIn()).status).toBe(303);
  },
});

const keepsId = {
  'a cookie from before the login is signed in after it': async ({ visitor }: Plant) => {
    const alice = visitor();
    await alice.send(alice.target.login.page);
    const planted = await alice.cookie();
    expect(planted).not.toBe('');
    expect(await alice.who(planted)).toBeUndefined();
    await alice.submit(alice.target.login);
    expect(await alice.who(planted)).toBe(alice.user);
  },
};

plant('no-id-rotation-at-login', keepsId);
plant('old-passport-keeps-session-id', keepsId);
