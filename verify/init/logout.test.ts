import { expect, it } from 'vitest';
import { findLogout, type Known } from './logout.ts';
import type { PageVisit, Visitor } from './visitor.ts';

/** Returns a visitor whose twins are signed out after each POST, which gets this status. */
function visitor(status: number): Visitor {
  const one = (): object => {
    let left = false;
    return {
      twin: () => (left ? leaves : one()),
      get: async () => ({ status: left ? 401 : 200 }),
      send: async () => {
        left = true;
        return { status };
      },
      follow: async () => ({}),
      client: { addressOf: (path: string) => new URL(path, 'http://app.test') },
      manners: { fresh: () => one() },
    };
  };
  const leaves = { twin: () => leaves, get: async () => ({ status: 401 }), manners: { fresh: () => one() } };
  return one() as Visitor;
}

const found = async (status: number) => {
  const login = { page: '/login', path: '/login', method: 'POST' as const };
  const signedIn = (seen: PageVisit): boolean => seen.status === 200;
  const known: Known = { login, csrf: undefined, page: '/', signedIn };
  return (await findLogout(visitor(status), { pages: [], elsewhere: new Map() }, known)).left?.logout.path;
};

it('takes no refused request for the logout, although the session ends after it', async () => {
  expect(await found(303)).toBe('/logout');
  expect(await found(404)).toBeUndefined();
});
