/** Checks that the fake k6 of the tests prints the same as real k6. Skipped without k6. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { used } from '../tests/used.ts';
import { double, REAL_K6, realK6 } from './testing/scripts.ts';

const SCRIPT = fileURLToPath(new URL('./testing/contract.ts', import.meta.url));
const COOKIES = [
  'sid=a%3Ab.c; Path=/; HttpOnly; SameSite=Lax',
  'gone=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT',
  'gone-too=; Max-Age=0; Path=/',
  'long=1; Max-Age=100; Path=/',
  'until=1; Expires=Fri, 01 Jan 2100 00:00:00 GMT; Path=/',
];

let server: Server;
let url: string;
beforeAll(async () => {
  server = createServer((request, response) => {
    const { cookie = 'none', 'content-type': type = 'none' } = request.headers;
    if (request.url === '/reset') {
      request.socket.destroy();
      return;
    }
    response.setHeader('x-instance-id', 'app-1');
    if (request.url === '/cookies') response.setHeader('set-cookie', COOKIES);
    if (request.url === '/missing') response.statusCode = 404;
    if (request.url === '/redirect') response.writeHead(303, { location: '/login?next=1' });
    let body = '';
    request.on('data', chunk => {
      body += chunk;
    });
    request.on('end', () => response.end(`${request.method} ${cookie} ${type} ${body}`));
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());

const lines = (text: string): unknown[] =>
  text
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line));

describe.skipIf(realK6 === undefined)('the fake k6', () => {
  it.each<[string, Record<string, string>, number]>([
    ['a script that passes', { KEEP: '1' }, 0],
    ['a jar that is replaced at each iteration', {}, 0],
    ['a threshold that does not hold', { KEEP: '1', FAIL: '1' }, 99],
    ['an exception in setup()', { THROW: '1' }, 107],
  ])('behaves as real k6: %s', async (_, env, code) => {
    const ran = await Promise.all(
      [realK6, double].map(async runner => runner?.run(SCRIPT, { BASE_URL: url, ...env })),
    );
    const [real, ours] = ran.map(run => ({
      code: run?.code,
      // k6 prints headers and cookies in random order.
      console: lines(run?.console ?? ''),
      summary: code === 107 ? undefined : JSON.parse(run?.stdout ?? ''),
    }));
    expect(ours).toEqual(real);
    expect(real?.code).toBe(code);
  });
});

used('real k6', REAL_K6);
