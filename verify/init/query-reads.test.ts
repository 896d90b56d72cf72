import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { readByPost, readOf } from './query-reads.ts';
import { Manners } from './visitor.ts';
import { markPart } from './write.ts';

const ME = `/graphql?query=${encodeURIComponent('{me{name}}')}`;

/** Starts an API that answers each query with its text; `apollo` refuses queries by GET, as Apollo Server does. */
async function api(apollo: boolean) {
  const server = http.createServer(async (request, response) => {
    const url = new URL(request.url ?? '', 'http://api');
    const body = await text(request);
    const query = request.method === 'GET' ? url.searchParams.get('query') : JSON.parse(body).query;
    const isRefused = apollo && request.method === 'GET';
    response.writeHead(isRefused ? 400 : 200, { 'content-type': 'application/json' });
    const data = query === '{__typename}' ? { __typename: 'Query' } : { me: { name: query } };
    response.end(JSON.stringify(isRefused ? { errors: [{ message: 'potential CSRF' }] } : { data }));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const manners = new Manners({ url, headers: {} }, new AbortController().signal, 0);
  const stop = (): void => {
    manners.close();
    server.close();
    server.closeAllConnections();
  };
  return { manners, stop };
}

it('reads queries by POST from an API that refuses them by GET, and writes that in the file', async () => {
  const { manners, stop } = await api(true);
  try {
    manners.byPost = await readByPost(manners.fresh(), ['/notes?query=x', ME]);
    expect([...manners.byPost]).toEqual(['/graphql']);
    const seen = await manners.fresh().get(ME);
    expect(seen).toMatchObject({ path: ME, json: { data: { me: { name: '{me{name}}' } } } });
    const mark = { page: ME, user: '"name":"([^"]+)', shown: [] };
    const part = markPart({ mark, signedOut: { status: 200 }, byPost: manners.byPost });
    expect(parse(part).signedIn).toMatchObject({ page: '/graphql', json: { query: '{me{name}}' } });
  } finally {
    stop();
  }
});

it('reads queries by GET where that works', async () => {
  const { manners, stop } = await api(false);
  try {
    const byPost = await readByPost(manners.fresh(), [ME]);
    expect(readOf(ME, byPost)).toEqual({ path: ME });
  } finally {
    stop();
  }
});
