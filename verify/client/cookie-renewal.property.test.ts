import fc from 'fast-check';
import { Cookie, CookieJar, MemoryCookieStore } from 'tough-cookie';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { attributesOf } from './cookie-attributes.ts';
import { Jar } from './jar.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2026, 0, 1) }));
afterEach(() => void vi.useRealTimers());

const PAGES = ['https://www.shop.test/', 'https://www.shop.test/in/a', 'https://www.shop.test/in/b'].map(
  text => new URL(text),
);
const [SITE = new URL('https://www.shop.test/')] = PAGES;
const date = (seconds: number): string => new Date(Date.now() + seconds * 1000).toUTCString();
const dateOrNone = (name: string) =>
  fc
    .constantFrom(undefined, -5, 5, 60)
    .map(seconds => () => (seconds === undefined ? '' : `${name}=${date(seconds)}`));

const line = fc
  .tuple(
    fc.constantFrom(
      'a=1',
      'a=1',
      'a=2',
      'a=2',
      'a =1',
      'b=1',
      'b=',
      '__Host-c=1',
      'd',
      `e=${'x'.repeat(4096)}`,
    ),
    fc.constantFrom('Path=/', 'Path=/', 'Path=/', 'Path=/in', ''),
    fc.constantFrom('', '', '', 'Domain=shop.test', 'Domain=other.test'),
    fc.constantFrom('', '', '', 'Secure', 'SameSite=Strict', 'HttpOnly'),
    dateOrNone('Expires'),
    fc.constantFrom('', '', 'Max-Age=3600', 'Max-Age=0'),
    dateOrNone('expires'),
  )
  .map(
    parts => () =>
      parts
        .map(part => (typeof part === 'string' ? part : part()))
        .filter(part => part !== '')
        .join('; '),
  );

const step = fc.oneof(
  { weight: 8, arbitrary: fc.record({ line: fc.nat(3), page: fc.constantFrom(...PAGES) }) },
  { weight: 2, arbitrary: fc.record({ wait: fc.constantFrom(1000, 4000, 30_000) }) },
  { weight: 1, arbitrary: fc.record({ put: fc.constantFrom('a', 'b') }) },
  { weight: 1, arbitrary: fc.record({ removed: fc.constantFrom('a', 'b') }) },
);

function read(jar: CookieJar, text: string, page: URL): ReturnType<Jar['keep']> {
  const cookie = Cookie.parse(text, { loose: true });
  if (cookie === undefined) return undefined;
  const attributes = attributesOf(cookie, text, 0);
  if (attributes.bytes <= 4096) jar.setCookieSync(cookie, page.href, { ignoreError: true });
  const change = { name: cookie.key, attributes };
  return cookie.TTL() <= 0 ? change : { ...change, value: cookie.value };
}

it('sends the same cookies, and reports the same changes', () => {
  let renewals = 0;
  fc.assert(
    fc.property(
      fc.array(line, { minLength: 4, maxLength: 4 }),
      fc.array(step, { minLength: 10, maxLength: 30 }),
      (lines, steps) => {
        const jar = new Jar(SITE);
        const plain = new CookieJar(new MemoryCookieStore(), { looseMode: true });
        for (const one of steps) {
          const before = PAGES.map(page => jar.for(page));
          if ('line' in one) {
            const text = lines[one.line]?.() ?? '';
            expect(jar.keep(text, one.page, 0)).toEqual(read(plain, text, one.page));
            if (PAGES.every((page, i) => jar.for(page) === before[i])) renewals++;
          } else if ('wait' in one) vi.setSystemTime(Date.now() + one.wait);
          else if ('put' in one) {
            jar.put(one.put, 'new');
            const cookie = new Cookie({ key: one.put, value: 'new', path: '/', secure: true });
            plain.setCookieSync(cookie, SITE.href);
          } else {
            jar.remove(one.removed);
            for (const { domain, path, key } of plain.getCookiesSync(SITE.href, { allPaths: true }))
              if (key === one.removed && domain !== null && path !== null)
                plain.store.removeCookie(domain, path, key, () => {});
          }
          for (const page of PAGES) expect(jar.for(page).header).toBe(plain.getCookieStringSync(page.href));
        }
      },
    ),
    { numRuns: 200 },
  );
  expect(renewals).toBeGreaterThan(100);
});

it.each([
  ['the same line', 'sid=1; Path=/', 'sid=1; Path=/'],
  [
    'another expiry date',
    'sid=1; Path=/; Expires=Fri, 02 Jan 2026 00:00:00 GMT',
    'sid=1; Path=/; Expires=Sat, 03 Jan 2026 00:00:00 GMT',
  ],
  ['a Max-Age', 'sid=1; Path=/; Max-Age=60', 'sid=1; Path=/; Max-Age=60'],
])('keeps what depends on the cookies when another page renews a cookie by %s', (_, first, second) => {
  const jar = new Jar(SITE);
  const [one, other] = PAGES as [URL, URL];
  jar.keep('csrf=2; Path=/', one, undefined);
  jar.keep(first, one, undefined);
  const cookies = jar.for(one);
  jar.keep(second, other, undefined);
  jar.keep('csrf=2; Path=/', other, undefined);
  expect(jar.for(one)).toBe(cookies);
});

it('expires a renewed cookie at its new date, earlier or later', () => {
  const jar = new Jar(SITE);
  const sentAfter = (seconds: number): string => {
    vi.setSystemTime(Date.now() + seconds * 1000);
    return jar.for(SITE).header;
  };
  jar.keep(`sid=1; Path=/; Expires=${date(60)}`, SITE, undefined);
  expect(sentAfter(0)).toBe('sid=1');
  jar.keep(`sid=1; Path=/; Expires=${date(20)}`, SITE, undefined);
  expect(sentAfter(21)).toBe('');
  jar.keep('sid=1; Path=/; Max-Age=60', SITE, undefined);
  expect(sentAfter(0)).toBe('sid=1');
  expect(sentAfter(50)).toBe('sid=1');
  jar.keep('sid=1; Path=/; Max-Age=60', SITE, undefined);
  expect(sentAfter(50)).toBe('sid=1');
  expect(sentAfter(200)).toBe('');
});

it('counts Max-Age from the response, not from the last use of the cookie', () => {
  const jar = new Jar(SITE);
  const set = () => jar.keep('sid=1; Path=/; Max-Age=60', SITE, undefined);
  const sentAfter = (seconds: number): boolean[] => {
    vi.setSystemTime(Date.now() + seconds * 1000);
    jar.keep(`other=${Date.now()}; Path=/`, SITE, undefined);
    return [jar, jar.copy()].map(one => one.for(SITE).header.includes('sid=1'));
  };
  set();
  expect(sentAfter(40)).toEqual([true, true]);
  expect(sentAfter(40)).toEqual([false, false]);
  set();
  expect(sentAfter(40)).toEqual([true, true]);
  set();
  expect(sentAfter(40)).toEqual([true, true]);
  expect(sentAfter(40)).toEqual([false, false]);
});

it('keeps a cookie with a Max-Age that ends after the last possible date', () => {
  const jar = new Jar(SITE);
  for (let i = 0; i < 2; i++) {
    const change = jar.keep('sid=1; Path=/; Max-Age=99999999999999', SITE, undefined);
    expect(change?.attributes?.lifetime).toBe(99999999999999);
    expect(jar.for(SITE).header).toBe('sid=1');
  }
});

it('renews a cookie also after more cookie names than the jar remembers', () => {
  const jar = new Jar(SITE);
  const renews = (): boolean => {
    const before = jar.for(SITE);
    jar.keep('sid=1; Path=/', SITE, undefined);
    return jar.for(SITE) === before;
  };
  expect([renews(), renews()]).toEqual([false, true]);
  for (let i = 0; i < 150; i++) jar.keep(`nonce${i}=1; Path=/in`, SITE, undefined);
  expect([renews(), renews()]).toEqual([false, true]);
  expect(jar.for(SITE).header).toBe('sid=1');
});

it('reports a second cookie after the date of a line, also if an earlier line had no second cookie', () => {
  const jar = new Jar(SITE);
  const line = `sid=1; Path=/; Expires=${date(60)}`;
  expect(jar.keep(line, SITE, undefined)?.attributes?.folded).toBeUndefined();
  expect(jar.keep(`${line}, csrf=2`, SITE, undefined)?.attributes?.folded).toBe(true);
});

it('reports a deletion again, and attributes that the caller of an earlier line has not changed', () => {
  const jar = new Jar(SITE);
  for (const line of ['sid=0123456789abcdef; Path=/', 'sid=; Path=/; Max-Age=0']) {
    const first = jar.keep(line, SITE, 0);
    const expected = structuredClone(first);
    if (first?.attributes !== undefined) first.attributes.bits = -1;
    expect(jar.keep(line, SITE, 0)).toEqual(expected);
    expect(jar.keep(line, SITE, 0)).toEqual(expected);
  }
});
