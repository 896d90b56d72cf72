import { describe, expect, it } from 'vitest';
import type { Caching, Declared } from '../history/history.ts';
import { Picture } from '../testing/picture.ts';
import { verdictText } from '../testing/verdict-text.ts';
import { freshnessOf } from './freshness.ts';

const judged = (draw: (picture: Picture) => void, declared: Declared = {}) => {
  const picture = new Picture({ declared });
  draw(picture);
  return picture.verdict('private-responses');
};

const cookies = [{ name: 'sid', change: 'set' as const, label: 'a' }];
const safe: Caching = { control: 'private, no-store' };
const healthy = (p: Picture) =>
  p
    .session('s', 'alice')
    .login('app-1', { caching: safe, cookies })
    .read('app-1', [], { caching: safe })
    .read('app-2', [], { caching: safe });

describe('private-responses', () => {
  it('is unknown for an empty history, and until every instance was tried', () => {
    expect(judged(() => {}).why).toContain('of a signed-in response');
    expect(
      judged(p => p.session('s', 'alice').login('app-1').read('app-1', [], { caching: safe })).why,
    ).toContain('of a response that sets the session cookie');
    expect(
      judged(p => p.session('s', 'alice').login('app-1', { caching: safe, cookies }).read('app-2')).why,
    ).toContain('0 signed-in responses on app-2');
  });

  it('is not kept unknown by the name of a group, which nginx sends if all servers failed', () => {
    const failed = { outcome: 'fail', status: 502 } as const;
    expect(judged(p => healthy(p).asks('group', failed)).judgement).toBe('valid');
  });

  it('needs no response that sets a cookie if a header carries the session', () => {
    const draw = (p: Picture) => p.session('s', 'alice').login('app-1').read('app-1', [], { caching: safe });
    expect(judged(draw, { carrier: 'header' })).toMatchObject({ judgement: 'valid' });
  });

  it('is valid if no shared cache may keep a response', () => {
    expect(judged(healthy)).toMatchObject({ judgement: 'valid', rests: { 'signed-in responses': 3 } });
  });

  it.each<[string, Caching]>([
    ['public', { control: 'public' }],
    ['max-age=60', { control: 'max-age=60' }],
    ['s-maxage=5', { control: 'max-age=0, s-maxage=5' }],
    ['Expires in 30 s', { expires: 30 }],
    ['max-age=9', { control: 'No-Cache="Set-Cookie, x", Max-Age="9"' }],
    ['it was served from a cache', { control: 'max-age=0', hit: true }],
    // The cached response has headers that forbid caching, because a proxy may ignore the headers of the app.
    ['it was served from a cache', { control: 'private, no-store', hit: true }],
  ])('is violated by a signed-in page that says %s', (came, caching) => {
    const verdict = judged(p => healthy(p).read('app-2', [], { caching, path: '/me' }));
    expect(verdict).toMatchObject({ judgement: 'violated', violations: 1 });
    expect(verdict.anomalies[0]).toMatchObject({ name: 'CACHED' });
    expect(verdict.anomalies[0]?.summary).toContain(came);
  });

  it('is violated by a response that sets the session cookie, once for each place', () => {
    const verdict = judged(p => {
      const session = healthy(p);
      for (let i = 0; i < 9; i++) session.form('app-1', { caching: { control: 'max-age=60' }, cookies });
    });
    expect(verdict).toMatchObject({
      violations: 1,
      finding: 'a shared cache may store, or has served, 9 private responses',
    });
  });

  it('accepts separate or stale responses, pages without a session, and a directive for the cookie only', () => {
    const verdict = judged(p => {
      const session = healthy(p);
      for (const caching of [
        { control: 'max-age=60', vary: 'Accept-Encoding, Cookie' },
        { control: 'public, max-age=60, no-store' },
        { control: 'no-cache' },
        { control: 'public, max-age=0, must-revalidate' },
        { control: 'max-age=60, s-maxage=0' },
        { expires: -1 },
        { control: 'no-cache', hit: true },
        { control: 'max-age=60', vary: 'Cookie', hit: true },
      ]) {
        session.read('app-1', [], { caching });
      }
      session.form('app-1', { caching: { control: 'public, max-age=3600' } });
      session.form('app-1', { caching: { control: 'max-age=60, no-cache="Set-Cookie"' }, cookies });
    });
    expect(verdict.judgement).toBe('valid');
  });

  it('reports responses without directives, as a violation if `strict` is declared', () => {
    const silent = (p: Picture) => healthy(p).read('app-1', [], { caching: {} });
    const reported = judged(silent);
    expect(reported).toMatchObject({
      judgement: 'valid',
      finding: expect.stringContaining('1 have no Cache-Control directive'),
    });
    expect(judged(silent, { caching: 'strict' }).judgement).toBe('violated');
    expect(judged(healthy, { caching: 'strict' }).judgement).toBe('valid');
  });
});

describe('freshnessOf', () => {
  it('reads directives as RFC 9111 writes them', () => {
    const read = (control: string) => freshnessOf({ control }, false);
    expect(read('')).toEqual({ silent: true });
    expect(read('must-revalidate')).toEqual({});
    expect(read('PRIVATE')).toEqual({});
    expect(read('No-Cache')).toEqual({ keptApart: true });
    expect(read('max-age = 5')).toEqual({ because: 'max-age=5' });
    expect(read('ext="private, no-store", max-age=1')).toEqual({ because: 'max-age=1' });
  });
});

describe('private-responses, exact messages', () => {
  it('shows its evidence and its findings', () => {
    expect(verdictText(judged(healthy))).toMatchInlineSnapshot(`
      "valid
      no shared cache may store a private response
      rests on signed-in responses 3, that set the cookie 1, instances 2"
    `);
    const verdict = judged(p => {
      const session = healthy(p);
      const caching = { control: 'public' };
      session.read('app-1', [], { caching }).read('app-1', [], { caching }).read('app-2', [], { caching });
      session.read('app-1', [], { caching, path: '/me' }).read('app-1', [], { caching: { expires: 1 } });
      session.form('app-1', { caching: { hit: true }, cookies, instance: undefined });
      session.form('app-1', { caching, cookies: [{ name: 'sid', change: 'deleted' }] });
      session.read('app-1', [], { caching: {} }).read('app-1');
      p.session('n', 'guest').form('app-7');
    });
    expect(verdictText(verdict)).toMatchInlineSnapshot(`
      "violated, 5
      a shared cache may store, or has served, 6 private responses; 1 have no Cache-Control directive: send private or no-store
      rests on signed-in responses 9, that set the cookie 2, instances 2
      CACHED private-responses s alice: a signed-in response (read) may reach other users: it says public
        #4 read on app-1: expected private, no-store, no-cache or Vary: Cookie; came it says public
      CACHED private-responses s alice: a signed-in response (read) may reach other users: it says public
        #6 read on app-2: expected private, no-store, no-cache or Vary: Cookie; came it says public
      CACHED private-responses s alice: a signed-in response (/me) may reach other users: it says public
        #7 read on app-1: expected private, no-store, no-cache or Vary: Cookie; came it says public
      CACHED private-responses s alice: a signed-in response (read) may reach other users: it says Expires in 1 s
        #8 read on app-1: expected private, no-store, no-cache or Vary: Cookie; came it says Expires in 1 s
      CACHED private-responses s alice: a response that sets the session cookie (form) may reach other users: it was served from a cache
        #9 form: expected a response of the app; came it was served from a cache"
    `);
    const strict = judged(p => healthy(p).read('app-1', [], { caching: {} }), { caching: 'strict' });
    expect(verdictText(strict)).toMatchInlineSnapshot(`
      "violated, 1
      a shared cache may store, or has served, 1 private response; 1 have no Cache-Control directive: send private or no-store
      rests on signed-in responses 4, that set the cookie 1, instances 2
      CACHED private-responses s alice: a signed-in response (read) may reach other users: it has no Cache-Control directive
        #4 read on app-1: expected private or no-store; came it has no Cache-Control directive"
    `);
  });

  it('distinguishes separate and stale responses, and directives for the cookie only', () => {
    const read = (caching: Caching, cookieOnly = false) => freshnessOf(caching, cookieOnly);
    const apart = { keptApart: true };
    const fresh = { because: 'max-age=9' };
    for (const vary of ['cookie', 'Accept,Cookie', 'Accept, cookie , x', '*', 'x *', 'Cookie,x'])
      expect(read({ control: 'max-age=9', vary }), vary).toEqual(apart);
    for (const vary of ['', 'accept', 'x-cookie', 'cookie2', 'Accept-Cookie, cookies'])
      expect(read({ control: 'max-age=9', vary }), vary).toEqual(fresh);
    expect([read({ expires: 0 }), read({ control: 'max-age=0' }), read({ control: 'max-age=x' })]).toEqual([
      {},
      {},
      {},
    ]);
    expect(read({ control: 'max-age=9, max-age=0' })).toEqual(fresh);
    expect(read({ control: 'max-age=0', expires: 9 })).toEqual({});
    expect(read({ control: 'public', expires: -9 })).toEqual({});
    expect(read({ control: 'private="x-name", max-age=9' })).toEqual(fresh);
    expect(read({ control: 'private="Set-Cookie", max-age=9' })).toEqual(fresh);
    expect(read({ control: 'private="x, Set-Cookie", max-age=9' }, true)).toEqual({});
    expect(read({ control: 'private="x-set-cookies", max-age=9' }, true)).toEqual(fresh);
    expect(read({ control: 'no-cache="Set-Cookie", max-age=9' }, true)).toEqual(apart);
    expect(read({ control: 'max-age=9' }, true)).toEqual(fresh);
  });

  it('reads each header correctly, however many it has read before', () => {
    for (let age = 1; age <= 2500; age++)
      expect(freshnessOf({ control: `max-age=${age}` }, false)).toEqual({ because: `max-age=${age}` });
    expect(freshnessOf({ control: 'max-age=1' }, false)).toEqual({ because: 'max-age=1' });
  });
});
