import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { parsePage } from '../client/page.ts';
import { findLogout } from './logout.ts';
import { Tokens } from './renewal.ts';
import { Manners, type PageVisit } from './visitor.ts';

async function found(status: number, html = ''): Promise<string | undefined> {
  const server = http.createServer(({ method, headers }, response) => {
    if (method === 'POST') response.writeHead(status, { 'set-cookie': 'sid=new; Path=/' });
    else response.statusCode = headers.cookie === 'sid=old' ? 200 : 401;
    response.end();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const manners = new Manners({ url, headers: {} }, new AbortController().signal, 0);
  try {
    const visitor = manners.fresh();
    visitor.client.put('sid', 'old');
    const login = { page: '/login', path: '/login', method: 'POST' as const };
    const signedIn = (seen: PageVisit): boolean => seen.status === 200;
    const known = { login, csrf: undefined, page: '/', signedIn };
    const pages = html === '' ? [] : [{ path: '/', body: html, ...parsePage(html) } as PageVisit];
    return (await findLogout(visitor, { pages, elsewhere: new Map() }, known)).left?.logout.path;
  } finally {
    manners.close();
    server.close();
    server.closeAllConnections();
  }
}

it('does not treat a refused request as the logout, although the session is signed out afterwards', async () => {
  expect(await found(303)).toBe('/logout');
  expect(await found(404)).toBeUndefined();
});

it('tries a path that a page contains only as data of a script, as the menu of Wagtail has it', async () => {
  const menu = '{"icon":"/static/logout.svg","action":"/admin/logout/","method":"POST"}';
  const html = `<script type="application/json">${menu}</script>`;
  expect(await found(303, html)).toBe('/admin/logout/');
  expect(await found(303, `<div data-menu="${menu.replaceAll('"', '&quot;')}"></div>`)).toBe(
    '/admin/logout/',
  );
});

it('treats a request with status 205 as the logout of an API, if the refresh token is refused afterwards', async () => {
  let over = false;
  const server = http.createServer(({ method, url }, response) => {
    if (method === 'POST' && url === '/logout') over = true;
    response.statusCode = over ? 401 : url === '/refresh' || method === 'GET' ? 200 : 404;
    if (url === '/logout') response.statusCode = 205;
    response.end(response.statusCode === 200 ? '{"access":"a","refresh":"r"}' : '');
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const manners = new Manners({ url, headers: {} }, new AbortController().signal, 0);
  try {
    const visitor = manners.fresh();
    visitor.tokens = new Tokens({
      path: '/refresh',
      json: { refresh: '{refresh}' },
      access: { json: '/access' },
      token: { json: '/refresh' },
      atLogin: { access: '/access', refresh: '/refresh' },
    });
    visitor.tokens.begin({ headers: {}, body: '{"access":"a","refresh":"r"}', cookies: [] });
    const login = { page: '/', path: '/login', method: 'POST' as const };
    const known = { login, csrf: undefined, page: '/', signedIn: (seen: PageVisit) => seen.status === 200 };
    const { left } = await findLogout(visitor, { pages: [], elsewhere: new Map() }, known);
    expect(left).toMatchObject({ logout: { path: '/logout' }, livesOn: false });
  } finally {
    manners.close();
    server.close();
    server.closeAllConnections();
  }
});

it('sends the form of the page that asks for a confirmation, with the token of that page', async () => {
  let over = false;
  const form =
    '<form method="post" action=""><input type="hidden" name="csrf" value="t1"><button>Yes</button></form>';
  const server = http.createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString();
    if (request.method === 'POST' && request.url === '/session/logout?all=1') over ||= body === 'csrf=t1';
    response.writeHead(over && request.method === 'GET' ? 401 : 200, { 'content-type': 'text/html' });
    response.end(request.url === '/' ? '<a href="/session/logout?all=1">Log out</a>' : form);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const manners = new Manners({ url, headers: {} }, new AbortController().signal, 0);
  try {
    const visitor = manners.fresh();
    const login = { page: '/login', path: '/login', method: 'POST' as const };
    const known = {
      login,
      csrf: { field: 'csrf' },
      page: '/',
      signedIn: (seen: PageVisit) => seen.status === 200,
    };
    const pages = [await visitor.get('/')];
    const { left } = await findLogout(visitor, { pages, elsewhere: new Map() }, known);
    const path = '/session/logout?all=1';
    expect(left?.logout).toMatchObject({
      steps: [{ method: 'GET', path }],
      method: 'POST',
      path,
      form: { csrf: '{csrf}' },
    });
  } finally {
    manners.close();
    server.close();
    server.closeAllConnections();
  }
});

it('sends a link to log out as a form with the token if opening the link has no effect', async () => {
  let over = false;
  const form = '<form method="post"><input type="hidden" name="token" value="t1"></form>';
  const html = `<a href="/?route=/logout">Log out</a>${form}`;
  const server = http.createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString();
    if (request.url === '/') response.writeHead(over ? 401 : 200, { 'content-type': 'text/html' }).end(html);
    else {
      if (request.method === 'POST' && request.url === '/?route=/logout') over ||= body === 'token=t1';
      response.writeHead(302, { location: '/' }).end();
    }
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const manners = new Manners({ url, headers: {} }, new AbortController().signal, 0);
  try {
    const visitor = manners.fresh();
    const known = {
      ...{ login: { page: '/', path: '/', method: 'POST' as const }, csrf: { field: 'token' }, page: '/' },
      signedIn: (seen: PageVisit) => seen.status === 200,
    };
    const pages = [await visitor.get('/')];
    const { left } = await findLogout(visitor, { pages, elsewhere: new Map() }, known);
    expect(left?.logout).toEqual({ method: 'POST', path: '/?route=/logout', form: { token: '{csrf}' } });
  } finally {
    manners.close();
    server.close();
    server.closeAllConnections();
  }
});

it('reads the token of a logout form before each logout if it is not the token of the other forms', async () => {
  let [over, shown] = [false, 0];
  const server = http.createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString();
    if (body === `editToken=0123456789-${shown}`) over = true;
    response.writeHead(over && request.method === 'GET' ? 401 : 200, { 'content-type': 'text/html' });
    if (request.url === '/logout' && request.method === 'GET') shown++;
    const form = `<form method="post"><input type="hidden" name="editToken" value="0123456789-${shown}"></form>`;
    response.end(request.url === '/' ? '<a href="/logout">Log out</a>' : form);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const manners = new Manners({ url, headers: {} }, new AbortController().signal, 0);
  try {
    const visitor = manners.fresh();
    const login = { page: '/login', path: '/login', method: 'POST' as const };
    const known = {
      ...{ login, csrf: { field: 'loginToken' }, page: '/' },
      signedIn: (seen: PageVisit) => seen.status === 200,
    };
    const pages = [await visitor.get('/')];
    const { left } = await findLogout(visitor, { pages, elsewhere: new Map() }, known);
    expect(left?.logout).toEqual({
      steps: [{ method: 'GET', path: '/logout', capture: { leave: { field: 'editToken' } } }],
      ...{ method: 'POST', path: '/logout', form: { editToken: '{leave}' } },
    });
  } finally {
    manners.close();
    server.close();
    server.closeAllConnections();
  }
});

it('tries a logout again if one of two instances does not know the session', async () => {
  let requests = 0;
  let over = false;
  const server = http.createServer(({ method }, response) => {
    const knows = requests++ % 2 === 0;
    if (method === 'POST' && knows) over = true;
    response.writeHead(method === 'POST' ? 303 : knows && !over ? 200 : 401, { 'content-type': 'text/html' });
    response.end('<form method="post" action="/leave"><button>Log out</button></form>');
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const manners = new Manners({ url, headers: {} }, new AbortController().signal, 0);
  try {
    const visitor = manners.fresh();
    const login = { page: '/login', path: '/login', method: 'POST' as const };
    const known = { login, csrf: undefined, page: '/', signedIn: (seen: PageVisit) => seen.status === 200 };
    const pages = [await visitor.get('/'), await visitor.get('/')].slice(0, 1);
    const { left } = await findLogout(visitor, { pages, elsewhere: new Map() }, known);
    expect(left?.logout).toMatchObject({ method: 'POST', path: '/leave', form: {} });
  } finally {
    manners.close();
    server.close();
    server.closeAllConnections();
  }
});

it('deletes the session at the path where the login has created it', async () => {
  let over = false;
  const server = http.createServer(({ method, url }, response) => {
    if (method === 'DELETE' && url === '/api/session/') over = true;
    response.writeHead(method === 'DELETE' ? 204 : method === 'POST' ? 404 : over ? 403 : 200).end();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const manners = new Manners({ url, headers: {} }, new AbortController().signal, 0);
  try {
    const login = { page: '/', path: '/api/session/', method: 'POST' as const, json: {} };
    const known = { login, csrf: undefined, page: '/', signedIn: (seen: PageVisit) => seen.status === 200 };
    const { left } = await findLogout(manners.fresh(), { pages: [], elsewhere: new Map() }, known);
    expect(left?.logout).toMatchObject({ method: 'DELETE', path: '/api/session/' });
  } finally {
    manners.close();
    server.close();
    server.closeAllConnections();
  }
});
