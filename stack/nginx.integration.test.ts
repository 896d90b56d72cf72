import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Nginx } from './nginx.ts';
import { freePort } from './ports.ts';
import { type Peer, startPeer, startResetting } from './testing/peer.ts';
import { startTraffic } from './testing/traffic.ts';
import { until } from './wait.ts';

let dir: string;
let nginx: Nginx;
const peers: Peer[] = [];

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'baton-test-'));
  nginx = new Nginx({
    port: await freePort(),
    statusPort: await freePort(),
    dir,
    // On a slow machine, nginx's default timeout could end a request before the test does.
    additions: { server: 'proxy_read_timeout 60s;' },
  });
});

afterEach(async () => {
  await nginx.dispose();
  await Promise.all(peers.splice(0).map(peer => peer.close().catch(() => {})));
  rmSync(dir, { recursive: true, force: true });
});

async function before(...behind: Promise<Peer>[]): Promise<Peer[]> {
  const started = await Promise.all(behind);
  peers.push(...started);
  await nginx.registerAll(started);
  await nginx.start();
  return started;
}

async function again(start: Promise<Peer>): Promise<Peer> {
  const peer = await start;
  peers.push(peer);
  return peer;
}

async function get(
  path = '/',
  init: RequestInit = {},
): Promise<{ status: number; text: string; headers: Headers }> {
  const response = await fetch(nginx.url + path, init);
  return { status: response.status, text: await response.text(), headers: response.headers };
}

const post = (body: string) => get('/', { method: 'POST', body });
const range = (length: number) => Array.from({ length }, (_, index) => index);

async function answers(count: number, one: (index: number) => ReturnType<typeof get>): Promise<string[]> {
  const seen: string[] = [];
  for (const index of range(count)) {
    const { status, text } = await one(index);
    seen.push(status === 200 ? text : String(status));
  }
  return seen;
}

test('routes in turn, also over new connections and both workers', async () => {
  await before(startPeer('a'), startPeer('b'), startPeer('c'));
  const seen = await answers(12, () => get('/', { headers: { connection: 'close' } }));
  expect(seen.slice(3)).toEqual(seen.slice(0, 9));
  expect(new Set(seen.slice(0, 3))).toEqual(new Set(['a', 'b', 'c']));
});

test('routes to the others while an instance is down: GET and POST, each sent once', async () => {
  const [a, b] = await before(startPeer('a'), startPeer('b'));
  await a?.close();
  const seen = await answers(20, index => (index % 2 ? post(`body ${index}`) : get(`/${index}`)));
  expect(seen).toEqual(range(20).map(() => 'b'));
  expect(b?.got).toEqual(range(20).map(index => (index % 2 ? `POST / body ${index}` : `GET /${index}`)));
});

test('finds the one running instance among five', async () => {
  const [, , third, ...others] = await before(
    startPeer('a'),
    startPeer('b'),
    startPeer('c'),
    startPeer('d'),
    startPeer('e'),
  );
  const [a, b] = peers;
  for (const peer of [a, b, ...others]) await peer?.close();
  expect(await answers(10, index => (index % 2 ? post('x') : get()))).toEqual(range(10).map(() => 'c'));
  expect(third?.got).toHaveLength(10);
});

test.each(['GET', 'POST'])('a %s that an instance read before it reset is not retried', async method => {
  const [bad, good] = await before(startResetting('bad'), startPeer('good'));
  const one = () => get('/once', method === 'POST' ? { method, body: 'pay' } : {});
  // nginx may choose either instance first, so exactly one of two requests reaches the faulty instance.
  const seen = await answers(2, one);
  expect(seen.toSorted()).toEqual(['502', 'good']);
  expect(bad?.got).toEqual([`${method} /once`]);
  expect(good?.got).toHaveLength(1);
});

test('an instance that fails one request does not take the last one out of service', async () => {
  const [a, , c] = await before(startPeer('a'), startResetting('bad'), startPeer('c'));
  await Promise.all([a?.close(), c?.close()]);
  await answers(3, () => get());
  const recovered = await again(startPeer('a', a?.port));
  expect(await answers(3, () => get())).toContain('a');
  expect(recovered.got.length).toBeGreaterThan(0);
});

test('all down: 502 at once, and service as soon as one is up again', async () => {
  const [a, b] = await before(startPeer('a'), startPeer('b'));
  await Promise.all([a?.close(), b?.close()]);
  const start = performance.now();
  const { status, headers } = await get('/', { headers: { 'x-request-id': 'my-request' } });
  expect(status).toBe(502);
  expect(headers.get('x-request-id')).toBe('my-request');
  expect(headers.get('cache-control')).toBe('no-store');
  expect(headers.get('server')).toBe('nginx');
  expect(await answers(6, index => (index % 2 ? post('x') : get()))).toEqual(range(6).map(() => '502'));
  expect(performance.now() - start).toBeLessThan(1_000);
  await again(startPeer('b', b?.port));
  expect(await answers(4, () => get())).toEqual(['b', 'b', 'b', 'b']);
});

test('a restarted instance gets requests again within two seconds', async () => {
  const [a] = await before(startPeer('a'), startPeer('b'));
  await a?.close();
  await answers(4, () => get());
  await again(startPeer('a', a?.port));
  await until(async () => (await get()).text === 'a', { withinMs: 30_000, what: 'a request to a' });
});

test('forwards the client’s address, the protocol, the host and the request id, and the instance’s Date header', async () => {
  const seen: Record<string, unknown>[] = [];
  await before(
    startPeer('a', 0, (request, response) => {
      seen.push(request.headers);
      response.setHeader('Date', 'Thu, 01 Jan 2004 00:00:00 GMT');
      response.end();
    }),
  );
  const spoof = { 'x-forwarded-for': '1.2.3.4', 'x-forwarded-proto': 'https', 'x-request-id': 'r-1' };
  const { headers } = await get('/', { headers: spoof });
  await get('/', { headers: { 'x-request-id': 'no"good' } });
  const host = new URL(nginx.url).host;
  expect(headers.get('date')).toBe('Thu, 01 Jan 2004 00:00:00 GMT');
  expect(seen[0]).toMatchObject({
    host,
    'x-forwarded-for': '127.0.0.1',
    'x-forwarded-proto': 'http',
    'x-forwarded-host': host,
    'x-request-id': 'r-1',
  });
  expect(seen[1]?.['x-request-id']).toMatch(/^[0-9a-f]{32}$/);
});

test('big pages, big bodies and an instance’s own 502 pass as they are', async () => {
  const page = 'p'.repeat(3_000_000);
  await before(
    startPeer('a', 0, (request, response, body) => {
      if (request.url === '/own') response.writeHead(502).end('mine');
      else response.end(request.method === 'POST' ? String(body.length) : page);
    }),
  );
  expect((await get()).text).toBe(page);
  expect((await post('b'.repeat(900_000))).text).toBe('900000');
  expect((await post('b'.repeat(1_100_000))).status).toBe(413);
  expect(await get('/own')).toMatchObject({ status: 502, text: 'mine' });
});

test('the access log has a line for each request, without query and cookies', async () => {
  const [a] = await before(startPeer('a'));
  await get('/path?token=secret', { headers: { cookie: 'sid=secret', 'x-request-id': 'r-2' } });
  await until(() => readFileSync(nginx.accessLog, 'utf8').endsWith('\n'), {
    withinMs: 30_000,
    what: 'a line',
  });
  const text = readFileSync(nginx.accessLog, 'utf8');
  expect(text).not.toContain('secret');
  expect(JSON.parse(text)).toMatchObject({
    request: 'r-2',
    method: 'GET',
    path: '/path',
    status: 200,
    tried: `127.0.0.1:${a?.port}`,
    upstreamStatus: '200',
    instanceHeader: 'a',
  });
});

test('instances join and leave under traffic, and no request fails', async () => {
  const [a, b] = await before(startPeer('a'), startPeer('b'));
  if (!a || !b) throw new Error('no peers');
  const traffic = startTraffic(nginx.url, '/');
  for (const round of range(4)) {
    await traffic.more(50);
    await nginx.deregister(b);
    const before = b.got.length;
    await traffic.more(50);
    expect(b.got.length, `round ${round}: nothing new after it was deregistered`).toBe(before);
    await nginx.register(b);
    await nginx.reload();
  }
  const { failures, served } = await traffic.stop();
  expect(failures).toEqual([]);
  expect(Object.keys(served).toSorted()).toEqual(['a', 'b']);
});

test('deregister waits for the request in flight', async () => {
  const waiting: (() => void)[] = [];
  const [slow] = await before(
    startPeer('slow', 0, (_request, response) => waiting.push(() => response.end('done'))),
    startPeer('other'),
  );
  const inFlight = Promise.all([get(), get()]);
  await until(() => waiting.length === 1, { withinMs: 30_000, what: 'a request in flight' });
  let left = false;
  const leaving = nginx.deregister(slow as Peer).then(() => {
    left = true;
  });
  await until(() => nginx.lastOutput().includes('gracefully shutting down'), {
    withinMs: 30_000,
    what: 'a reload',
  });
  expect(await answers(4, () => get())).toEqual(['other', 'other', 'other', 'other']);
  expect(left).toBe(false);
  for (const answer of waiting) answer();
  await leaving;
  expect((await inFlight).map(({ text }) => text).toSorted()).toEqual(['done', 'other']);
});

test('while one instance drains, others join and leave', async () => {
  const waiting: (() => void)[] = [];
  const [slow, other] = await before(
    startPeer('slow', 0, (_request, response) => waiting.push(() => response.end('done'))),
    startPeer('other'),
  );
  const inFlight = Promise.all([get(), get()]);
  await until(() => waiting.length === 1, { withinMs: 30_000, what: 'a request in flight' });
  const leaving = Promise.all([nginx.deregister(slow as Peer), nginx.deregister(other as Peer)]);
  await nginx.register(await again(startPeer('third')));
  expect(await answers(4, () => get())).toEqual(['third', 'third', 'third', 'third']);
  expect(waiting).toHaveLength(1);
  for (const answer of waiting) answer();
  await leaving;
  expect((await inFlight).map(({ text }) => text).toSorted()).toEqual(['done', 'other']);
});

test('after a kill its workers end too, and it restarts at the same address', async () => {
  await before(startPeer('a'));
  await nginx.kill();
  await expect(get()).rejects.toThrow();
  await nginx.restart();
  expect((await get()).text).toBe('a');
});

test('a stop lets the request in flight finish', async () => {
  const waiting: (() => void)[] = [];
  await before(startPeer('a', 0, (_request, response) => waiting.push(() => response.end('done'))));
  const inFlight = get();
  await until(() => waiting.length === 1, { withinMs: 30_000, what: 'a request in flight' });
  const stopping = nginx.stop();
  await until(() => nginx.lastOutput().includes('gracefully shutting down'), {
    withinMs: 30_000,
    what: 'the stop',
  });
  for (const answer of waiting) answer();
  expect((await inFlight).text).toBe('done');
  await stopping;
});

test('while paused it does not respond, not even on an open connection; after a resume it does', async () => {
  await before(startPeer('a'));
  await get();
  await nginx.pause();
  const answered = new Promise<number>((resolve, reject) => {
    httpRequest(nginx.url, response => resolve(response.statusCode ?? 0))
      .on('error', reject)
      .end();
  });
  const silence = new Promise(resolve => setTimeout(() => resolve('silence'), 200));
  expect(await Promise.race([answered, silence])).toBe('silence');
  await nginx.resume();
  expect(await answered).toBe(200);
});

test('a port in use: the error contains nginx’s message', async () => {
  const taken = await again(startPeer('taken'));
  const other = new Nginx({ port: taken.port, statusPort: await freePort(), dir });
  await expect(other.start()).rejects.toThrow(/balancer.*exit code 1.*Address already in use/s);
  expect(other.running()).toBe(false);
});

test('dispose also ends the changes in progress, so that nothing is written into the folder afterwards', async () => {
  const [a, b] = await before(startPeer('a'), startPeer('b'));
  let over = false;
  const changes = Promise.allSettled([
    nginx.reload(),
    nginx.register(a as Peer),
    nginx.deregister(b as Peer),
  ]);
  void changes.then(() => {
    over = true;
  });
  await nginx.dispose();
  await new Promise(setImmediate);
  expect(over).toBe(true);
  expect((await changes).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
  await expect(nginx.reload()).rejects.toThrow('the stack is stopping or stopped');
});
