import { expect, it } from 'vitest';
import type { Context } from '../client/context.ts';
import type { Driver } from '../client/driver.ts';
import { pageForHead } from './rare-requests.ts';

/** @param statuses the statuses of the responses to HEAD, the last one again and again */
async function pageWith(statuses: readonly (number | undefined)[], posts: object = {}) {
  const target = { signedIn: { page: '/me' }, posts };
  const look = (): Promise<object> => Promise.resolve({ status: left.length > 1 ? left.shift() : left[0] });
  const left = [...statuses];
  const { signal } = new AbortController();
  return pageForHead({ target, signal } as Context, { look } as unknown as Driver);
}

it('an app that redirects HEAD to the login does not refuse HEAD, unlike one with a status of 400 or above', async () => {
  expect(await pageWith([200])).toBe('/me');
  expect(await pageWith([303])).toBe('/me');
  expect(await pageWith([500, 200])).toBe('/me');
  for (const status of [405, 401, 501, undefined]) expect(await pageWith([status])).toBe(undefined);
});

it('a page that is read with POST gets no HEAD', async () => {
  expect(await pageWith([200], { '/me': { query: '{ me }' } })).toBe(undefined);
});
