import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { Manners } from './visitor.ts';

it('stops if the response to a form says that logins are too frequent, and not if another page says so', async () => {
  const server = http.createServer((_, response) => {
    response
      .setHeader('content-type', 'text/html')
      .end('<p>Logins occurring too fast. Please wait: 20 seconds.</p>');
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const manners = new Manners({ url, headers: {} }, new AbortController().signal, 0);
  try {
    expect((await manners.fresh().get('/login')).status).toBe(200);
    const login = manners.fresh().send({ method: 'POST', path: '/login', form: { user: 'alice' } });
    await expect(login).rejects.toThrow(/limits logins .*"Logins occurring too fast"/);
  } finally {
    manners.close();
    server.close();
    server.closeAllConnections();
  }
});

it('stops at a limit without the query of the address, which may hold a secret', async () => {
  const server = http.createServer((_, response) => response.writeHead(429).end());
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const manners = new Manners({ url, headers: {} }, new AbortController().signal, 0);
  const failed = (path: string): Promise<Error> =>
    manners
      .fresh()
      .send({ method: 'GET', path })
      .then(
        () => new Error('no limit'),
        error => error,
      );
  try {
    expect((await failed('/callback?code=secret')).message).toMatch(/^GET \/callback: the app limits .*429/);
    server.close();
    server.closeAllConnections();
    const { message } = await failed('/callback?code=secret');
    expect(message).toMatch(/^http:\S+\/callback: expected a response, got none/);
    expect(message).not.toContain('secret');
  } finally {
    manners.close();
    server.close();
    server.closeAllConnections();
  }
});

it('says that a page is too large, and not that the app has stopped', async () => {
  const server = http.createServer((_, response) => response.end('x'.repeat(17e6)));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const manners = new Manners({ url, headers: {} }, new AbortController().signal, 0);
  manners.reached = true;
  try {
    await expect(manners.fresh().get('/')).rejects.toThrow(
      /\(oversized\)\. The response has more than 16 MB/,
    );
  } finally {
    manners.close();
    server.close();
    server.closeAllConnections();
  }
});

it('requests a page again if an app that has responded before does not respond, but repeats no form', async () => {
  const asked: string[] = [];
  const server = http.createServer((request, response) => {
    const path = `${request.method} ${request.url}`;
    asked.push(path);
    if (/lost/.test(path) || asked.filter(one => one === path).length === 1) response.destroy();
    else response.setHeader('connection', 'close').end('page');
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const manners = new Manners({ url, headers: {} }, new AbortController().signal, 0);
  try {
    await expect(manners.fresh().get('/early')).rejects.toThrow(/closed the connection .* right scheme/);
    expect((await manners.fresh().get('/early')).status).toBe(200);
    expect((await manners.fresh().get('/slow')).status).toBe(200);
    await expect(manners.fresh().get('/lost')).rejects.toThrow(/it may have stopped or be overloaded/);
    await expect(manners.fresh().send({ method: 'POST', path: '/form', form: {} })).rejects.toThrow(
      /got none/,
    );
    expect(asked).toEqual(
      ['early', 'early', 'slow', 'slow', 'lost', 'lost'].map(path => `GET /${path}`).concat('POST /form'),
    );
  } finally {
    manners.close();
    server.close();
    server.closeAllConnections();
  }
});
