import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { Codes, signIn } from './enter.ts';
import { crowd, SESSIONS } from './limits.ts';
import { Manners } from './visitor.ts';

/** Measures the limit of an app that keeps only the newest `most` sessions of a user. */
async function limitOf(most: number): Promise<{ living: number; full: string | undefined }> {
  const kept: string[] = [];
  let made = 0;
  const server = http.createServer((request, response) => {
    const id = /sid=(\d+)/.exec(request.headers.cookie ?? '')?.[1];
    if (request.method === 'POST') {
      kept.push(`${++made}`);
      kept.splice(0, kept.length - most);
      response.writeHead(303, { location: '/', 'set-cookie': `sid=${made}; Path=/` }).end();
    } else if (request.url === '/login') response.end('<form method="post"></form>');
    else response.writeHead(id !== undefined && kept.includes(id) ? 200 : 401).end('<p>alice</p>');
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { signal } = new AbortController();
  const manners = new Manners({ url, headers: {} }, signal, 0);
  try {
    const login = { page: '/login', path: '/login', method: 'POST' as const, form: { user: '{user}' } };
    const entrance = { manners, login, codes: new Codes(async () => undefined, signal) };
    const account = { user: 'alice', password: 'secret' };
    const known = { page: '/', signedIn: ({ status = 0 }) => status === 200, login, csrf: undefined };
    const one = (await signIn(entrance, account)).visitor;
    const two = (await signIn(entrance, account)).visitor;
    const { living, full } = await crowd(entrance, account, { one, two, known });
    return { living: living.length, full };
  } finally {
    manners.close();
    server.close();
    server.closeAllConnections();
  }
}

it('finds that an app keeps the newest 10 sessions of a user', async () => {
  expect(await limitOf(10)).toEqual({ living: 10, full: 'oldest ends' });
});

it('finds no limit above the number of sessions that it makes', async () => {
  expect(await limitOf(SESSIONS)).toEqual({ living: SESSIONS, full: undefined });
});
