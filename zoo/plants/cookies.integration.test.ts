import { expect } from 'vitest';
import { plant } from '../testing/plant.ts';

plant('session-cookie-too-large', {
  'the cookie grows beyond what browsers keep': async ({ visitor }) => {
    const alice = visitor();
    await alice.signIn();
    const sizes = [];
    for (const letter of ['a', 'b', 'c']) {
      const answer = await alice.add('cart', letter.repeat(1_200));
      sizes.push(Math.max(...answer.headers.getSetCookie().map(line => line.length)));
    }
    expect(sizes[0]).toBeLessThan(4_096);
    expect(sizes.at(-1)).toBeGreaterThan(4_096);
  },
});

plant('session-per-health-check', {
  'each health check gets a session': async ({ visitor }) => {
    const cookies = [];
    for (let n = 0; n < 3; n++) {
      const probe = await visitor().send('/status');
      expect(probe.status).toBe(200);
      cookies.push(...probe.headers.getSetCookie());
    }
    expect(new Set(cookies).size).toBe(3);
  },
});

plant('predictable-session-ids', {
  'ids of one instance differ in few places': async ({ visitor, direct: [first = ''] }) => {
    const ids = [];
    for (let n = 0; n < 3; n++) {
      const one = visitor(n, [first]);
      await one.signIn();
      ids.push(await one.cookie());
    }
    const [id = '', ...others] = ids;
    const places = Array.from(id, (letter, i) => others.some(other => other[i] !== letter));
    expect(id).toMatch(/^sid=[\da-f]{32}$/);
    expect(new Set(ids).size).toBe(3);
    expect(places.filter(Boolean).length).toBeLessThan(16);
  },
});

plant('token-decoded-not-verified', {
  'a token with a wrong signature is accepted': async ({ visitor }) => {
    const alice = visitor();
    await alice.signIn();
    const cookie = await alice.cookie();
    expect(cookie).toMatch(/^token=[\w-]+\.[\w-]+\.[\w-]+$/);
    expect(await alice.who(cookie.replace(/\.[^.]+$/, '.forged'))).toBe(alice.user);
  },
});

plant(
  'pages-marked-public',
  {
    'any cache may store a page of a user': async ({ visitor }) => {
      const alice = visitor();
      await alice.signIn();
      const page = await alice.send(alice.target.signedIn.page);
      expect(page.text).toContain(alice.user);
      expect(page.headers.get('cache-control')).toBe('public, max-age=60');
    },
  },
  { ordinary: 'balancer' },
);

plant('cookie-lifetime-differs', {
  'the lifetime of the cookie depends on the instance that set it': async ({ visitor, direct }) => {
    const minutes = [];
    for (const url of direct) {
      const answer = await visitor(0, [url]).signIn();
      const [, expires = ''] = /Expires=([^;]+)/.exec(answer.headers.getSetCookie().join()) ?? [];
      const left = Date.parse(expires) - Date.parse(answer.headers.get('date') ?? '');
      minutes.push(Math.round(left / 60_000));
    }
    expect(minutes).toEqual([30, 120]);
  },
});

plant('old-express-session-rolls-for-strangers', {
  'each visitor gets a session id that no store has': async ({ visitor }) => {
    const help = await visitor().send('/help');
    expect(help.headers.getSetCookie().join()).toContain('connect.sid=');
  },
});
