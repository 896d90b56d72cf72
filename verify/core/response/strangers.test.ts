import { expect, it } from 'vitest';
import type { Reply } from './reply.ts';
import { Strangers } from './strangers.ts';

const reply = (status: number | undefined, redirect?: string): Reply => ({
  ...(status === undefined ? {} : { status }),
  ...(redirect === undefined ? {} : { redirect }),
  headers: {},
  body: '',
  cookies: [],
});

it('recognises the redirects and refusals that clients without a session got', () => {
  const strangers = new Strangers();
  strangers.add(reply(303, '/welcome'));
  strangers.add(reply(400));
  const other = new Strangers();
  other.learn(strangers.known);
  for (const known of [strangers, other]) {
    expect(known.includes(reply(302, '/welcome'))).toBe(true);
    expect(known.includes(reply(400))).toBe(true);
    expect(known.includes(reply(400, '/other'))).toBe(false);
    expect(known.includes(reply(401))).toBe(false);
    expect(known.includes(reply(undefined))).toBe(false);
  }
});

it.each([undefined, 200, 299, 300, 304, 429, 500, 503])('learns nothing from the status %s', status => {
  const strangers = new Strangers();
  strangers.add(reply(status));
  expect(strangers.known).toEqual({ status: [], redirect: [] });
});

it.each([200, 429, 500])('learns no redirect from the status %d', status => {
  const strangers = new Strangers();
  strangers.add(reply(status, '/welcome'));
  expect(strangers.known).toEqual({ status: [], redirect: [] });
});
