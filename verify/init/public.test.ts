import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import type { Inside } from './inquiry.ts';
import { undecidableOf } from './public.ts';
import type { Marked } from './session.ts';
import { Manners } from './visitor.ts';

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

it('does not claim rotation if only a cookie that carries no session is set before the login', async () => {
  // As in Django, the login page sets the cookie of the form token, and redirects signed-in clients.
  const server = http.createServer((request, response) => {
    if (request.headers.cookie?.includes('sid=')) response.writeHead(302, { location: '/' });
    else response.setHeader('set-cookie', 'csrftoken=abc; Path=/');
    response.end();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const manners = new Manners({ url, headers: {} }, new AbortController().signal, 0);
  ends.push(() => {
    manners.close();
    server.close();
    server.closeAllConnections();
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
