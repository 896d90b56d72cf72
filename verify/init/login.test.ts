import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { findLogin } from './login.ts';
import { Manners } from './visitor.ts';

const FORM =
  '<form method="post" action="/check"><input name="user"><input name="pass" type="password"></form>';

it('is found behind a page of the app that redirects strangers to it, and no link that may change data is opened', async () => {
  const opened: string[] = [];
  const server = http.createServer(({ url = '' }, response) => {
    opened.push(url);
    response.setHeader('content-type', 'text/html');
    const links = '<a href="/delete/1">Old</a> <a href="/style.css">Style</a> <a href="/journal">Journal</a>';
    if (url === '/') response.end(links);
    else if (url === '/journal') response.writeHead(302, { location: '/enter.html' }).end();
    else response.writeHead(url === '/enter.html' ? 200 : 404).end(url === '/enter.html' ? FORM : '');
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const manners = new Manners({ url, headers: {} }, new AbortController().signal, 0);
  try {
    expect((await findLogin(manners.fresh())).page.path).toBe('/enter.html');
    expect(opened).not.toEqual(expect.arrayContaining(['/delete/1']));
    expect(opened).not.toEqual(expect.arrayContaining(['/style.css']));
  } finally {
    manners.close();
    server.close();
    server.closeAllConnections();
  }
});
