import { describe, expect, it } from 'vitest';
import { graceOf } from './refresh.ts';
import { accessIn, Tokens } from './renewal.ts';
import type { Visitor } from './visitor.ts';

const LONG = 'abcdefgh-abcdefgh';

describe('the access token of a response', () => {
  it.each([
    [{ access_token: LONG, refresh_token: LONG }, '/access_token'],
    [{ refreshToken: LONG, data: { accessToken: LONG } }, '/data/accessToken'],
    [{ id_token: LONG, access_token: LONG }, '/access_token'],
    [{ access: LONG, refresh: LONG }, '/access'],
    [{ jwt: LONG }, '/jwt'],
    [{ refresh_token: LONG, access_token: 'short' }, undefined],
  ])('of %j is at %s', (json, pointer) => expect(accessIn({ json })?.pointer).toBe(pointer));
});

describe('the grace period', () => {
  const spec = {
    path: '/refresh',
    json: { refresh_token: '{refresh}' },
    access: { json: '/access' },
    token: { json: '/refresh' },
    atLogin: { access: '/access', refresh: '/refresh' },
  };

  const visitor = (uses: number): Visitor => {
    let sent = 0;
    const asStranger = async () => {
      const accepted = sent++ <= uses;
      const body = JSON.stringify({ access: LONG, refresh: `token-${sent}` });
      return { status: accepted ? 200 : 400, headers: {}, body: accepted ? body : '', cookies: [] };
    };
    const tokens = new Tokens(spec);
    tokens.begin({ status: 200, headers: {}, body: '{"access":"a","refresh":"token-0"}', cookies: [] });
    return { tokens, asStranger, renew: () => tokens.renew(asStranger) } as unknown as Visitor;
  };

  it('is undefined if the token is refused when a run sends it, and else the last time of its acceptance', async () => {
    const [none, some] = await Promise.all(
      [visitor(0), visitor(2)].map(v => graceOf(v, new AbortController().signal)),
    );
    expect(none).toBeUndefined();
    expect(some).toBeGreaterThan(2_700);
  });
});
