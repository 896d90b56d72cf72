import { describe, expect, it } from 'vitest';
import type { Caching, Declared } from '../history.ts';
import { Picture } from '../testing/picture.ts';
import { CacheReader } from './freshness.ts';

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
  it('is unknown of an empty history, and until every instance was looked at', () => {
    expect(judged(() => {}).why).toContain('no signed-in response');
    expect(
      judged(p => p.session('s', 'alice').login('app-1').read('app-1', [], { caching: safe })).why,
    ).toContain('no response that sets the session cookie');
    expect(
      judged(p => p.session('s', 'alice').login('app-1', { caching: safe, cookies }).read('app-2')).why,
    ).toContain('0 signed-in responses on app-2');
  });

  it('is valid when nothing may be kept by a shared cache', () => {
    expect(judged(healthy)).toMatchObject({ judgement: 'valid', rests: { 'signed-in responses': 3 } });
  });

  it.each<[string, Caching]>([
    ['public', { control: 'public' }],
    ['max-age=60', { control: 'max-age=60' }],
    ['s-maxage=5', { control: 'max-age=0, s-maxage=5' }],
    ['Expires in 30 s', { expires: 30 }],
    ['max-age=9', { control: 'No-Cache="Set-Cookie, x", Max-Age="9"' }],
    ['it was served from a cache', { control: 'max-age=0', hit: true }],
    // A proxy that ignores what the app says.
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
      finding: '9 responses may be kept by a shared cache, or came from one',
    });
  });

  it('does not accuse what is kept apart or stale, pages without a session, or a directive for the cookie alone', () => {
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

  it('tells silence, and condemns it where `strict` is declared', () => {
    const silent = (p: Picture) => healthy(p).read('app-1', [], { caching: {} });
    const told = judged(silent);
    expect(told).toMatchObject({
      judgement: 'valid',
      finding: expect.stringContaining('1 say nothing to caches'),
    });
    expect(judged(silent, { caching: 'strict' }).judgement).toBe('violated');
    expect(judged(healthy, { caching: 'strict' }).judgement).toBe('valid');
  });
});

describe('CacheReader', () => {
  it('reads directives as RFC 9111 writes them', () => {
    const read = (control: string) => new CacheReader().read({ control }, false);
    expect(read('')).toEqual({ silent: true });
    expect(read('must-revalidate')).toEqual({});
    expect(read('PRIVATE')).toEqual({});
    expect(read('No-Cache')).toEqual({ keptApart: true });
    expect(read('max-age = 5')).toEqual({ because: 'max-age=5' });
    expect(read('ext="private, no-store", max-age=1')).toEqual({ because: 'max-age=1' });
  });
});
