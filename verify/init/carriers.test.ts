import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { carrying } from './carriers.ts';
import { Manners, type Visitor } from './visitor.ts';

it('finds the session cookies of an app that ends a session when one of them is missing', async () => {
  let count = 0;
  const live = new Set<string>();
  const server = http.createServer(({ headers: { cookie = '' } }, response) => {
    const [user, sid = '', auth] = ['user', 'sid', 'auth'].map(
      name => new RegExp(`${name}=(\\w+)`).exec(cookie)?.[1],
    );
    if (user !== sid || auth !== sid) live.delete(sid);
    response.writeHead(live.has(sid) ? 200 : 401).end();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const manners = new Manners({ url, headers: {} }, new AbortController().signal, 0);
  const session = (): Visitor => {
    const id = `s${++count}`;
    live.add(id);
    const visitor = manners.fresh();
    for (const name of ['user', 'sid', 'auth', 'lang']) visitor.client.put(name, id);
    return visitor;
  };
  try {
    const sign = { page: '/', signedIn: ({ status }: { status?: number | undefined }) => status === 200 };
    const { visitor, ...carried } = await carrying(session(), sign, async () => session());
    expect(carried).toEqual({ cookies: ['user', 'sid', 'auth'], each: false });
    expect((await visitor.get('/')).status).toBe(200);
  } finally {
    manners.close();
    server.close();
    server.closeAllConnections();
  }
});
