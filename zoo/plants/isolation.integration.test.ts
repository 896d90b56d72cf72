import { expect } from 'vitest';
import { until } from '../../stack/wait.ts';
import { plant, soon } from '../testing/plant.ts';

plant(
  'set-cookie-cached-by-proxy',
  {
    'the next visitor of a cached page gets the cookie of another user': async ({ visitor }) => {
      await until(async () => {
        const [alice, bob] = [visitor(0), visitor(1)];
        await alice.signIn();
        await bob.signIn();
        expect(await bob.who()).toBe(bob.user);
        for (const path of ['/', '/help']) {
          await alice.send(path);
          await bob.send(path);
        }
        return (await bob.who()) === alice.user;
      }, soon('a user with the session of another user'));
    },
  },
  { ordinary: 'balancer' },
);

plant('key-prefix-collision', {
  'a user with the same name at another tenant sees the data': async ({ visitor }) => {
    const [red, blue, other] = [visitor(0), visitor(1), visitor(2)];
    for (const one of [red, blue, other]) await one.signIn();
    expect(await blue.who()).not.toBe(await red.who());
    await red.add('notes', 'a secret of red');
    expect(await blue.items('notes')).toContain('a secret of red');
    expect(await other.items('notes')).not.toContain('a secret of red');
  },
});

plant('logout-keeps-session-data', {
  'the next user of a browser gets the cart': async ({ visitor }) => {
    const alice = visitor(0);
    await alice.signIn();
    await alice.add('cart', 'a secret');
    await alice.signOut();
    const bob = alice.as(1);
    await bob.signIn();
    expect(await bob.who()).toBe(bob.user);
    expect(await bob.items('cart')).toContain('a secret');
  },
});

plant('reply-of-an-abandoned-request', {
  'the next request gets the session of an abandoned request': async ({ visitor, direct: [first = ''] }) => {
    const [alice, bob] = [visitor(0, [first]), visitor(1, [first])];
    await alice.signIn();
    await bob.signIn();
    const page = `${first}${alice.target.signedIn.page}`;
    const headers = { cookie: await alice.cookie() };
    let after = 0;
    await until(async () => {
      const away = new AbortController();
      const answer = fetch(page, { headers, signal: away.signal }).catch(() => {});
      setTimeout(() => away.abort(), after++ % 8);
      await answer;
      return (await bob.who()) === alice.user;
    }, soon('a response for another user'));
  },
});

plant('rolling-cookie-restores-user', {
  'a late response of the old session signs its user in again': async ({ visitor }) => {
    // Repeats the race, because on a busy machine the slow request can end before the next login.
    await until(async () => {
      const alice = visitor(0);
      await alice.signIn();
      const late = alice.send('/app/report');
      await alice.signOut();
      const bob = alice.as(1);
      await bob.signIn();
      await late;
      return (await bob.who()) === alice.user;
    }, soon('the old user'));
  },
});

plant('etag-ignores-the-user', {
  'the app answers 304 to the next user of a browser, which shows the page of the first user': async ({
    visitor,
  }) => {
    const page = visitor().target.signedIn.page;
    const alice = visitor(0);
    await alice.signIn();
    const kept = await alice.send(page);
    expect(kept.text).toContain(alice.user);
    await alice.signOut();
    const bob = alice.as(1);
    await bob.signIn();
    expect((await bob.revalidate(page, kept)).status).toBe(304);
    expect((await bob.send(page)).text).toContain(bob.user);
  },
});
