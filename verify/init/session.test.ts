import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import { Codes, signIn } from './enter.ts';
import { noMark } from './mark.ts';
import { marked } from './session.ts';
import { Manners } from './visitor.ts';

const ACCOUNTS = ['alice', 'bob'].map(user => ({ user, password: 'secret' }));

/** Starts an app whose second instance shows every user the name of the first user that it served. */
async function broken(): Promise<{ url: string; stop(): void }> {
  let requests = 0;
  let kept: string | undefined;
  const server = http.createServer(async (request, response) => {
    const second = ++requests % 2 === 0;
    const user = /sid=(\w+)/.exec(request.headers.cookie ?? '')?.[1];
    if (request.method === 'POST') {
      const name = new URLSearchParams(await text(request)).get('user');
      response.writeHead(303, { location: '/', 'set-cookie': `sid=${name}; Path=/` });
      return response.end();
    }
    if (request.url === '/login') return response.end('<form method="post"></form>');
    if (request.url !== '/') response.statusCode = 404;
    if (user === undefined) response.statusCode = 401;
    if (second) kept ??= user;
    response.end(user === undefined ? '' : `<p class="user">${second ? kept : user}</p>`);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const stop = (): void => {
    server.close();
    server.closeAllConnections();
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, stop };
}

it('finds the user name although one instance shows every user the first name', async () => {
  for (const more of [0, 1]) {
    const { url, stop } = await broken();
    const { signal } = new AbortController();
    const manners = new Manners({ url, headers: {} }, signal, 0);
    try {
      const login = { page: '/login', path: '/login', method: 'POST' as const, form: { user: '{user}' } };
      const entrance = { manners, login, codes: new Codes(async () => undefined, signal) };
      for (let i = 0; i < more; i++) await manners.fresh().get('/login');
      const { mark } = await marked(entrance, ACCOUNTS, await signIn(entrance, ACCOUNTS[0] as never));
      expect(mark).toMatchObject({ page: '/', shown: [undefined, undefined] });
    } finally {
      manners.close();
      stop();
    }
  }
});

type Page = (user: string | undefined) => string | undefined;

/**
 * Runs an app behind a cache that gives one user's page `/` to all users. Requests with a query bypass the cache.
 *
 * @param kept the cached page before the first request
 * @param pages key: path; value: returns the page for a user, or for no session (undefined)
 */
async function behindCache(kept: string | undefined, pages: Record<string, Page>) {
  let cached = kept;
  const server = http.createServer(async (request, response) => {
    const user = /sid=(\w+)/.exec(request.headers.cookie ?? '')?.[1];
    const page = pages[(request.url ?? '').replace(/\?.*/, '')]?.(user);
    if (request.method === 'POST') {
      const name = new URLSearchParams(await text(request)).get('user');
      response.writeHead(303, { location: '/', 'set-cookie': `sid=${name}; Path=/` }).end();
    } else if (request.url === '/login') response.end('<form method="post"></form>');
    else if (request.url === '/' && cached !== undefined && (user ?? kept) !== undefined)
      response.end(cached);
    else if (page === undefined) response.writeHead(404).end();
    else {
      if (request.url === '/') cached = page;
      response.end(page);
    }
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { signal } = new AbortController();
  const manners = new Manners({ url, headers: {} }, signal, 0);
  try {
    const login = { page: '/login', path: '/login', method: 'POST' as const, form: { user: '{user}' } };
    const entrance = { manners, login, codes: new Codes(async () => undefined, signal) };
    const one = await signIn(entrance, ACCOUNTS[0] as never);
    return await marked(entrance, ACCOUNTS, one);
  } finally {
    manners.close();
    server.close();
    server.closeAllConnections();
  }
}

const ALICE = '<p>Hello alice</p>';
const named: Page = user => (user === undefined ? undefined : `<main><p class="user">${user}</p></main>`);

it('finds the user name although a cache shows every user the same page, and reports this page', async () => {
  const found = await behindCache(undefined, { '/': named });
  expect(found).toMatchObject({ mark: { page: '/' }, cached: '/' });
});

it('finds the user name on another page if signed-out clients get the page from the cache too', async () => {
  const found = await behindCache(ALICE, { '/': named, '/me': named });
  expect(found).toMatchObject({ mark: { page: '/me' }, cached: '/' });
});

it('blames the cache if there is no other page', async () => {
  await expect(behindCache(ALICE, { '/': named })).rejects.toThrow(
    /a visitor without a session got \/ with the name of alice/,
  );
});

it('does not blame a cache for a page that the app itself shows to all visitors', async () => {
  const found = await behindCache(ALICE, { '/': () => ALICE, '/me': named });
  expect(found).toMatchObject({ mark: { page: '/me' }, cached: undefined });
  const users: Page = user => user && JSON.stringify([{ name: 'alice' }, { name: 'bob' }]);
  await expect(
    behindCache(undefined, { '/': user => user && '<p>Welcome', '/api/user': users }),
  ).rejects.toThrow('names its user in a way that differs between the accounts');
});

it('names the pages that it opened if none of them differs for a signed-in client', () => {
  expect(noMark([], ['/', '/api/me'])).toContain('the pages that init opened (/, /api/me) are the same');
});

it('requests a path that only a script names once from each instance, if it shows no user', async () => {
  let forbidden = 0;
  const server = http.createServer(async (request, response) => {
    const user = /sid=(\w+)/.exec(request.headers.cookie ?? '')?.[1];
    if (request.method === 'POST') {
      const name = new URLSearchParams(await text(request)).get('user');
      response.writeHead(303, { location: '/', 'set-cookie': `sid=${name}; Path=/` });
    } else if (request.url === '/reports') {
      forbidden++;
      response.statusCode = 403;
    } else if (request.url !== '/') response.statusCode = 404;
    response.end(user === undefined ? '' : `<p class="user">${user}</p>`);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { signal } = new AbortController();
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const manners = new Manners({ url, headers: {} }, signal, 0);
  try {
    const login = { page: '/login', path: '/login', method: 'POST' as const, form: { user: '{user}' } };
    const entrance = { manners, login, codes: new Codes(async () => undefined, signal) };
    const entered = await signIn(entrance, ACCOUNTS[0] as never);
    expect((await marked(entrance, ACCOUNTS, entered, ['/reports'])).mark.page).toBe('/');
    // A visitor without a session requests the page once, and three sessions request it twice each.
    expect(forbidden).toBe(7);
  } finally {
    manners.close();
    server.close();
    server.closeAllConnections();
  }
});
