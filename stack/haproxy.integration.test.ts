import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Served } from '../verify/core/history/history.ts';
import { foreignLog } from '../verify/import/log-file.ts';
import { Haproxy, type HaproxyOptions } from './haproxy.ts';
import { freePort } from './ports.ts';
import { type Peer, startPeer, startResetting } from './testing/peer.ts';
import { whyWithout } from './testing/servers.ts';
import { startTraffic } from './testing/traffic.ts';
import { until } from './wait.ts';

const skip = whyWithout('HAProxy', 'haproxy');

let dir: string;
let haproxy: Haproxy;
const peers: Peer[] = [];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'baton-test-'));
});

afterEach(async () => {
  await haproxy?.dispose();
  await Promise.all(peers.splice(0).map(peer => peer.close().catch(() => {})));
  rmSync(dir, { recursive: true, force: true });
});

async function before(behind: Promise<Peer>[], options: Partial<HaproxyOptions> = {}): Promise<Peer[]> {
  const started = await Promise.all(behind);
  peers.push(...started);
  haproxy = new Haproxy({ port: await freePort(), dir, ...options });
  await haproxy.registerAll(started);
  await haproxy.start();
  return started;
}

async function get(init: RequestInit = {}): Promise<{ status: number; text: string; headers: Headers }> {
  const response = await fetch(`${haproxy.url}/`, init);
  return { status: response.status, text: await response.text(), headers: response.headers };
}

/** Closes the connection, because an idle connection would keep a retired worker running. */
const once = () => get({ headers: { connection: 'close' } });

async function answers(count: number, one = () => get()): Promise<string[]> {
  const seen: string[] = [];
  for (let i = 0; i < count; i++) {
    const { status, text } = await one();
    seen.push(status === 200 ? text : String(status));
  }
  return seen;
}

const slowly =
  (waiting: (() => void)[]): Parameters<typeof startPeer>[2] =>
  (request, response) => {
    if (request.url === '/readyz') response.end();
    else waiting.push(() => response.end('done'));
  };

const asked = ({ got }: Peer): string[] => got.filter(request => !request.includes('/readyz'));

const log = () => readFileSync(haproxy.accessLog, 'utf8');
const says = (what: string) =>
  until(() => log().includes(what), { withinMs: 30_000, what: `HAProxy to log: ${what}` });

describe.skipIf(skip !== '')('HAProxy', () => {
  test('routes in turn, and to the others while an instance is down: each request is sent once', async () => {
    const [a, b] = await before([startPeer('a'), startPeer('b')]);
    const seen = await answers(8);
    expect(seen.slice(2)).toEqual(seen.slice(0, 6));
    expect(new Set(seen)).toEqual(new Set(['a', 'b']));
    await a?.close();
    const sent = asked(b as Peer).length;
    expect(await answers(6, () => get({ method: 'POST', body: 'x' }))).toEqual(Array(6).fill('b'));
    expect(asked(b as Peer)).toHaveLength(sent + 6);
  });

  test('a request that an instance read before it reset is not retried', async () => {
    const [bad, good] = await before([startResetting('bad'), startPeer('good')]);
    await answers(2, () => get({ method: 'POST', body: 'pay' }));
    expect(asked(bad as Peer).length + asked(good as Peer).length).toBe(2);
  });

  test('forwards the client’s address, the protocol, the host and the request id', async () => {
    const seen: Record<string, unknown>[] = [];
    await before([
      startPeer('a', 0, (request, response) => {
        if (request.url !== '/readyz') seen.push(request.headers);
        response.end();
      }),
    ]);
    const host = new URL(haproxy.url).host;
    const spoof = { 'x-forwarded-for': '1.2.3.4', 'x-forwarded-proto': 'https', 'x-request-id': 'r-1' };
    expect((await get({ headers: spoof })).headers.get('x-request-id')).toBe('r-1');
    await get({ headers: { 'x-request-id': 'no"good' } });
    const forwarded = {
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-proto': 'http',
      'x-forwarded-host': host,
    };
    expect(seen[0]).toMatchObject({ host, ...forwarded, 'x-request-id': 'r-1' });
    expect(seen[1]?.['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('its access log names the instance, and holds neither query nor cookie', async () => {
    const [a] = await before([startPeer('a')]);
    const [first, second] = ['20261125-014149-0a1b2c-1', '20261125-014149-0a1b2c-2'];
    const stop = new AbortController();
    const entries = foreignLog(haproxy.accessLog).follow(stop.signal);
    await fetch(`${haproxy.url}/path?token=secret`, {
      headers: { cookie: 'sid=secret', 'x-request-id': first },
    });
    await a?.close();
    await get({ headers: { 'x-request-id': second } });
    await until(() => log().includes(`{${second}}`), { withinMs: 30_000, what: 'both lines' });
    stop.abort();
    const seen: Served[] = [];
    for await (const entry of entries) seen.push(entry);
    expect(seen).toMatchObject([
      { request: first, status: 200, instance: 'a', tried: ['a'] },
      { request: second, status: 503 },
    ]);
    expect(seen[1]?.tried?.filter(one => one !== '?')).toEqual([]);
    expect(seen[1]).not.toHaveProperty('instance');
    expect(log()).toContain('"GET" "/path"');
    expect(log()).not.toContain('secret');
  });

  test('an instance that fails enough checks gets no requests until it passes them again', async () => {
    let fit = true;
    const checks: number[] = [];
    const [, b] = await before([
      startPeer('a', 0, (request, response) => {
        const check = request.url === '/readyz';
        if (check) checks.push(fit ? 200 : 503);
        response.writeHead(check && !fit ? 503 : 200).end('a');
      }),
      startPeer('b'),
    ]);
    fit = false;
    await says('Server instances/a is DOWN');
    expect(checks.filter(status => status === 503).length).toBeGreaterThanOrEqual(2);
    expect(await answers(4)).toEqual(['b', 'b', 'b', 'b']);
    await b?.close();
    await says('Server instances/b is DOWN');
    expect((await answers(4)).includes('a')).toBe(true);
    checks.length = 0;
    fit = true;
    await says('Server instances/a is UP');
    expect(checks.length).toBeGreaterThanOrEqual(2);
  });

  test('instances join, leave and move under traffic, and no request fails', async () => {
    const [a, b] = await before([startPeer('a'), startPeer('b')]);
    const moved = await startPeer('b');
    peers.push(moved);
    if (!a || !b) throw new Error('no peers');
    const traffic = startTraffic(haproxy.url, '/');
    for (let round = 0; round < 3; round++) {
      await traffic.more(50);
      await haproxy.reload();
      await haproxy.deregister(b);
      const so = asked(b).length + asked(moved).length;
      await traffic.more(50);
      expect(asked(b).length + asked(moved).length, `round ${round}`).toBe(so);
      await haproxy.register(b, round % 2 === 0 ? moved.url : b.url);
      await traffic.more(50);
    }
    const c = await startPeer('c');
    peers.push(c);
    await haproxy.register(c);
    await until(() => asked(c).length > 0, { withinMs: 30_000, what: 'a request to the new instance' });
    const { failures, served } = await traffic.stop();
    expect(failures).toEqual([]);
    expect(Object.keys(served).toSorted()).toEqual(['a', 'b', 'c']);
    expect(asked(moved).length).toBeGreaterThan(0);
  });

  test('deregister waits for the request in flight, also in a worker that a reload has retired', async () => {
    const waiting: (() => void)[] = [];
    const [slow] = await before([startPeer('slow', 0, slowly(waiting)), startPeer('other')]);
    const inFlight = Promise.all([once(), once()]);
    await until(() => waiting.length === 1, { withinMs: 30_000, what: 'a request in flight' });
    await haproxy.reload();
    let left = false;
    const leaving = haproxy.deregister(slow as Peer).then(() => {
      left = true;
    });
    await says('Server instances/slow is going DOWN for maintenance');
    expect(await answers(4)).toEqual(['other', 'other', 'other', 'other']);
    const third = await startPeer('third');
    peers.push(third);
    await haproxy.register(third);
    expect(new Set(await answers(4, once))).toEqual(new Set(['other', 'third']));
    expect(left).toBe(false);
    for (const answer of waiting) answer();
    await leaving;
    expect((await inFlight).map(({ text }) => text).toSorted()).toEqual(['done', 'other']);
  });

  test('its cookie pins a visitor to an instance, as long as the instance is up', async () => {
    const [a] = await before([startPeer('a'), startPeer('b')], { cookie: 'route' });
    const given = (await get()).headers.get('set-cookie') ?? '';
    expect(given).toMatch(/^route=[ab]; path=\/; HttpOnly; SameSite=Lax$/);
    const cookie = 'route=a';
    expect(await answers(4, () => get({ headers: { cookie } }))).toEqual(['a', 'a', 'a', 'a']);
    await haproxy.deregister(a as Peer);
    const { text, headers } = await get({ headers: { cookie } });
    expect([text, headers.get('set-cookie')?.split(';')[0]]).toEqual(['b', 'route=b']);
  });

  test('after a kill it restarts at the same address; a stop lets the request in flight finish', async () => {
    const waiting: (() => void)[] = [];
    const [, b] = await before([startPeer('a'), startPeer('b')]);
    await haproxy.deregister(b as Peer);
    await haproxy.kill();
    await expect(get()).rejects.toThrow();
    await haproxy.restart();
    expect(await answers(3, once)).toEqual(['a', 'a', 'a']);
    const slow = await startPeer('slow', 0, slowly(waiting));
    peers.push(slow);
    await haproxy.register(slow);
    const inFlight = Promise.all([once(), once()]);
    await until(() => waiting.length === 1, { withinMs: 30_000, what: 'a request in flight' });
    const stopping = haproxy.stop();
    await says('Exiting Master process');
    for (const answer of waiting) answer();
    expect((await inFlight).map(({ text }) => text).toSorted()).toEqual(['a', 'done']);
    await stopping;
  });

  test('a port in use: the error contains HAProxy’s message', async () => {
    const taken = await startPeer('taken');
    peers.push(taken);
    haproxy = new Haproxy({ port: taken.port, dir });
    await expect(haproxy.start()).rejects.toThrow(/balancer.*exit code 1.*cannot bind/s);
    expect(haproxy.running()).toBe(false);
  });
});
