import { expect, it } from 'vitest';
import { redirectFrom, redirectOf } from './redirect.ts';

const site = new URL('https://shop.test/app/');
const at = (location: string) => redirectOf(location, new URL('https://shop.test/app/cart?x=1'), site);

it.each([
  ['/app/login?next=%2Fcart', '/login', '/login?next=%2Fcart'],
  ['login', '/login', '/login'],
  ['?page=2', '/cart', '/cart?page=2'],
  ['https://shop.test/app/login#top', '/login', '/login'],
  ['//shop.test/app/login', '/login', '/login'],
  ['https://shop.test:443/app/', '/', '/'],
  ['/app/next;jsessionid=secret?sid=1', '/next', '/next;jsessionid=secret?sid=1'],
])('%s is followed', (location, redirect, leads) => {
  expect(at(location)).toEqual({ redirect, leads });
});

it.each([
  ['http://shop.test/app/login', '/login'],
  ['https://shop.test:8443/app/login', 'https://shop.test:8443/app/login'],
  ['https://other.test/app/login?code=1', 'https://other.test/app/login'],
  ['/elsewhere', '/elsewhere'],
  ['https://', ''],
])('%s is recognised, and not followed', (location, redirect) => {
  expect(at(location)).toEqual({ redirect: redirect === '' ? location : redirect });
});

it('resolves each redirect of a path, also if the last one was the same or another', () => {
  const page = 'https://shop.test/app/cart';
  const from = { origin: 'https://shop.test', site: new URL(page) };
  const redirect = (location: string, origin = from.origin) =>
    redirectFrom(from, location, site, { origin, path: '/app/cart' }).redirect;
  const there = 'http://10.0.0.1:81';
  expect(redirect(`${there}/app/login`)).toBe(`${there}/app/login`);
  expect(redirect(`${there}/app/login`, there)).toBe('/login');
  expect(redirect(`${there}/app/login`)).toBe(`${there}/app/login`);
  expect(redirect('/app/')).toBe('/');
  expect(redirectFrom(from, '/app/', site, { origin: from.origin, path: '/app/cart' })).toBe(
    redirectFrom(from, '/app/', site, { origin: from.origin, path: '/app/cart' }),
  );
});
