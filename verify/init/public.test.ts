import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import type { Inside } from './inquiry.ts';
import { publicPaths, statusForUnknownToken, undecidableOf } from './public.ts';
import type { Marked } from './session.ts';
import { AUTHORIZATION, Manners } from './visitor.ts';

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

/** Starts an app. Returns the limits on requests to it. */
async function visiting(listener: http.RequestListener): Promise<Manners> {
  const server = http.createServer(listener);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const manners = new Manners({ url, headers: {} }, new AbortController().signal, 0);
  ends.push(() => {
    manners.close();
    server.close();
    server.closeAllConnections();
  });
  return manners;
}

it('does not claim rotation if only a cookie that carries no session is set before the login', async () => {
  // As in Django, the login page sets the cookie of the form token, and redirects signed-in clients.
  const manners = await visiting((request, response) => {
    if (request.headers.cookie?.includes('sid=')) response.writeHead(302, { location: '/' });
    else response.setHeader('set-cookie', 'csrftoken=abc; Path=/');
    response.end();
  });
  const one = manners.fresh();
  one.client.put('sid', '1');
  const inside = { login: { page: '/login' } } as Inside;
  const guarantees = async (carriers: string[]): Promise<string[]> => {
    const undecidable = await undecidableOf(
      manners.fresh(),
      { one } as Marked,
      inside,
      ['/health'],
      carriers,
    );
    return undecidable.map(({ guarantee }) => guarantee);
  };
  expect(await guarantees(['sid'])).toEqual(['rotation']);
  expect(await guarantees(['sid', 'csrftoken'])).toEqual([]);
});

it.each(['/up', '/actuator/health', '/q/health'])('finds %s, the health check of a framework', async path => {
  const manners = await visiting(({ url }, response) => {
    response.writeHead(url === path ? 200 : 404).end();
  });
  expect(await publicPaths(manners.fresh(), [])).toEqual([path]);
});

it('finds out how the app refuses a token that it did not issue, but never tries a wrong password', async () => {
  const manners = await visiting(({ headers: { authorization } }, response) => {
    const isKnown = authorization === 'Bearer head.body.signature';
    response.writeHead(isKnown ? 200 : authorization === undefined ? 401 : 403).end();
  });
  const visitor = manners.fresh();
  expect(await statusForUnknownToken(visitor, '/me')).toBeUndefined();
  visitor.client.captured.set(AUTHORIZATION, 'Bearer head.body.signature');
  expect((await visitor.get('/me')).status).toBe(200);
  expect(await statusForUnknownToken(visitor, '/me')).toBe(403);
  expect((await visitor.get('/me')).status).toBe(200);
  visitor.client.captured.set(AUTHORIZATION, 'Basic YWxpY2U6c2VjcmV0');
  expect(await statusForUnknownToken(visitor, '/me')).toBeUndefined();
});
