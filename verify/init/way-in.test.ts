import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import type { Looking } from './inquiry.ts';
import { Manners } from './visitor.ts';
import { begin } from './way-in.ts';

it('names the page of an API for the login only if it gives the CSRF token', async () => {
  const server = http.createServer((request, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(request.url === '/csrf' ? '{"csrfToken":"1234567890abcdef"}' : '{"name":"api"}');
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const manners = new Manners({ url, headers: {} }, new AbortController().signal, 0);
  const begun = async (loginPage: string) => {
    const options = { loginPage, loginPath: '/login', loginJson: { user: '{user}', password: '{password}' } };
    const first = { user: 'alice', password: 'secret' };
    return (await begin({ options, manners, first } as unknown as Looking)).begun;
  };
  try {
    const withToken = await begun('/csrf');
    expect(withToken).toMatchObject({ page: '/csrf', csrf: { json: '/csrfToken' } });
    expect(withToken).not.toHaveProperty('pageless');
    expect(await begun('/')).toMatchObject({ pageless: true });
  } finally {
    manners.close();
    server.close();
    server.closeAllConnections();
  }
});

const usual = { username: '{user}', password: '{password}' };

it('names the balancer that reached no instance, if the first page is a 502', async () => {
  const server = http.createServer((_, response) => response.writeHead(502).end());
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const manners = new Manners({ url, headers: {} }, new AbortController().signal, 0);
  const looking = { options: {}, manners, first: { user: 'alice', password: 'secret' } };
  try {
    await expect(begin(looking as unknown as Looking)).rejects.toThrow(
      'got 502 for /: the balancer reached no instance of the app. Start the app',
    );
  } finally {
    manners.close();
    server.close();
    server.closeAllConnections();
  }
});

it.each([
  ['a text that is labelled as HTML', 'Hello World!', '/auth/login', usual],
  ['a page of HTML without a script', '<!doctype html><h1>Welcome</h1>', '/auth/login', usual],
  ['of Feathers', '<html></html>', '/authentication', { strategy: 'local', ...usual }],
])('tries the usual logins of an API whose first page is %s', async (_, first, path, json) => {
  const server = http.createServer((request, response) => {
    const login = request.method === 'POST' && request.url === path;
    response.writeHead(login || request.url === '/' ? 200 : 404, {
      'content-type': login ? 'application/json' : 'text/html',
      ...(login && { 'set-cookie': 'sid=1; Path=/; HttpOnly' }),
    });
    response.end(login ? '{"id":1}' : first);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const manners = new Manners({ url, headers: {} }, new AbortController().signal, 0);
  const looking = { options: {}, manners, first: { user: 'alice', password: 'secret' } };
  try {
    expect((await begin(looking as unknown as Looking)).begun).toMatchObject({ path, json });
  } finally {
    manners.close();
    server.close();
    server.closeAllConnections();
  }
});
