import { expect, it } from 'vitest';
import { look } from './look.ts';

const SECRET = 'abcdefgh%3Dijklmnop';
const reply = (headers: Record<string, string>, body = '') => ({ status: 200, headers, body, cookies: [] });
const AT = { now: Date.parse('2026-01-01T00:00:10Z'), took: 20 };

it('reads the caching headers of a response', () => {
  const headers = {
    'cache-control': 'public, max-age=60',
    vary: 'Accept',
    date: 'Thu, 01 Jan 2026 00:00:10 GMT',
    expires: 'Thu, 01 Jan 2026 00:01:10 GMT',
    'x-cache': 'HIT from proxy',
  };
  expect(look(reply(headers), AT, []).caching).toEqual({
    control: 'public, max-age=60',
    vary: 'Accept',
    expires: 60,
    hit: true,
  });
  expect(look(reply({ expires: '0' }), AT, []).caching).toEqual({ expires: -1 });
  // Without Date in the response, Expires is compared with this machine's clock.
  expect(look(reply({ expires: 'Thu, 01 Jan 2026 00:01:10 GMT' }), AT, []).caching).toEqual({ expires: 60 });
  expect(look(reply({ 'x-cache': 'MISS' }), AT, []).caching).toEqual({});
});

it('reads the offset of the clock of the response, microseconds', () => {
  expect(look(reply({ date: 'Thu, 01 Jan 2026 00:00:07 GMT' }), AT, []).skew).toBe(-3_000_000);
  expect(look(reply({ date: 'rubbish' }), AT, []).skew).toBeUndefined();
});

it.each([
  ['in the page', {}, `<a href="?sid=${SECRET}">`, ['body']],
  ['decoded in the page', {}, 'abcdefgh=ijklmnop', ['body']],
  ['in the address of a redirect', { location: `/next;jsessionid=${SECRET}` }, '', ['url']],
  ['nowhere', {}, 'abcdefgh', undefined],
])('finds the session cookie in the open: %s', (_, headers, body, expected) => {
  expect(look(reply(headers as Record<string, string>, body), AT, [SECRET]).exposed).toEqual(expected);
});

it('searches an equal body again for other secrets', () => {
  const facts = { firsts: new Map() };
  const of = (secrets: readonly string[], body: string) =>
    look({ ...reply({}, body), facts }, AT, secrets).exposed;
  const secrets = [SECRET];
  expect(of(secrets, 'nothing')).toBeUndefined();
  // The second call reuses the result of the first search, because its object `facts` is the same.
  expect(of(secrets, SECRET)).toBeUndefined();
  expect(of([SECRET], SECRET)).toEqual(['body']);
});

it('reports no short values, which occur in pages for other reasons, and nothing without a response', () => {
  expect(look(reply({}, 'user 1'), AT, ['1']).exposed).toBeUndefined();
  expect(look({ headers: {}, body: '', cookies: [] }, AT, [SECRET])).toEqual({});
});
