/** nginx behind health checks: who is asked follows from who is healthy, and no request is lost over it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Nginx } from '../nginx.ts';
import { freePort } from '../ports.ts';
import { type Peer, startPeer } from '../testing/peer.ts';
import { startTraffic } from '../testing/traffic.ts';
import { until } from '../wait.ts';
import { CheckedBalancer, type CheckedOptions } from './checked-balancer.ts';
import { directivesOf } from './directives.ts';
import { profileOf } from './profile.ts';

let dir: string;
let balancer: CheckedBalancer;
const peers: Peer[] = [];
/** How each answers its health check; 200 when absent. */
const health = new Map<string, number>();
const told: string[] = [];
/** Answers that are held back, by path /slow. */
const waiting: (() => void)[] = [];

const CHECK = {
  ask: { path: '/health' },
  everyMs: 100,
  timeoutMs: 5_000,
  unhealthy: 2,
  healthy: 2,
  first: 1,
};

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'baton-test-'));
});

afterEach(async () => {
  for (const answer of waiting.splice(0)) answer();
  await balancer.dispose();
  await Promise.all(peers.splice(0).map(peer => peer.close().catch(() => {})));
  rmSync(dir, { recursive: true, force: true });
  health.clear();
  told.length = 0;
});

async function peer(name: string, port = 0): Promise<Peer> {
  const started = await startPeer(name, port, ({ url }, response) => {
    if (url === '/health') response.writeHead(health.get(name) ?? 200).end();
    else if (url === '/slow') waiting.push(() => response.end(name));
    else response.end(name);
  });
  peers.push(started);
  return started;
}

async function begin(
  names: string[],
  options: Partial<CheckedOptions> = {},
  like = profileOf('alb'),
): Promise<Peer[]> {
  const started = await Promise.all(names.map(name => peer(name)));
  const ports = { port: await freePort(), statusPort: await freePort() };
  balancer = new CheckedBalancer(new Nginx({ ...ports, dir, additions: directivesOf(like) }), {
    // Longer than a test may take: a drain that only its limit ends would fail it.
    ...{ check: CHECK, drainMs: 600_000, failOpen: like.failOpen },
    onHealth: ({ name }, state) => told.push(`${name} ${state}`),
    ...options,
  });
  await balancer.registerAll(started);
  await balancer.start();
  return started;
}

async function get(path = '/'): Promise<string> {
  const response = await fetch(balancer.url + path, {
    headers: { connection: 'close' }, // None that is idle holds up a reload.
  });
  return response.status === 200 ? response.text() : String(response.status);
}

async function whoAnswers(count = 6): Promise<string[]> {
  const seen = new Set<string>();
  for (let i = 0; i < count; i++) seen.add(await get());
  return [...seen].toSorted();
}

const answered = (names: string[]) =>
  until(async () => String(await whoAnswers()) === String(names), {
    withinMs: 30_000,
    what: `answers of ${names}`,
  });

test('under traffic: out when unhealthy, in when healthy again, and not one request fails', async () => {
  const [, b] = await begin(['a', 'b']);
  const traffic = startTraffic(balancer.url, '/');
  for (let round = 0; round < 2; round++) {
    health.set('b', 500);
    await until(() => told.at(-1) === 'b unhealthy', { withinMs: 30_000, what: 'b to be found unhealthy' });
    const requests = () => b?.got.filter(line => !line.endsWith('/health')).length;
    await until(
      async () => {
        const before = requests();
        await traffic.more(60);
        return requests() === before;
      },
      { withinMs: 30_000, what: 'nothing to be sent to b' },
    );
    health.delete('b');
    await until(() => told.at(-1) === 'b healthy', { withinMs: 30_000, what: 'b to be found healthy' });
    const before = requests() ?? 0;
    await until(() => (requests() ?? 0) > before, { withinMs: 30_000, what: 'requests to b' });
  }
  const { failures } = await traffic.stop();
  expect(failures).toEqual([]);
  expect(told.filter(line => line.startsWith('a'))).toEqual([]);
});

test('a new one is asked once it has passed, and not before', async () => {
  await begin(['a'], { check: { ...CHECK, first: 2 } });
  health.set('new', 503);
  const late = await peer('new');
  const joining = balancer.register(late);
  await until(() => balancer.state(late) === 'unhealthy', { withinMs: 30_000, what: 'its first checks' });
  expect(await whoAnswers()).toEqual(['a']);
  health.delete('new');
  await joining;
  expect(await whoAnswers()).toEqual(['a', 'new']);
});

test('one that leaves before it was healthy: whoever waits for it is told', async () => {
  await begin(['a']);
  health.set('new', 503);
  const late = await peer('new');
  const joining = balancer.register(late);
  await Promise.all([
    expect(joining).rejects.toThrow('new left the balancer before it was healthy'),
    balancer.deregister(late),
  ]);
  expect(balancer.state(late)).toBeUndefined();
});

describe('when none is healthy', () => {
  const none = async (names: string[]) => {
    for (const name of names) health.set(name, 500);
    const all = () => names.every(name => told.includes(`${name} unhealthy`));
    await until(all, { withinMs: 30_000, what: 'all to be unhealthy' });
  };

  test('alb fails open: all are asked, until one is healthy again', async () => {
    await begin(['a', 'b']);
    await none(['a', 'b']);
    await answered(['a', 'b']);
    health.delete('a');
    await answered(['a']);
    health.delete('b');
    await answered(['a', 'b']);
  });

  test('classic answers 503 by itself', async () => {
    await begin(['a', 'b'], {}, profileOf('classic-elb'));
    await none(['a', 'b']);
    await answered(['503']);
    health.delete('b');
    await answered(['b']);
  });
});

describe('a drain', () => {
  /** @returns who has a request in flight */
  async function inFlight(): Promise<{ answer: Promise<string>; who: Peer }> {
    const answer = get('/slow');
    await until(() => waiting.length === 1, { withinMs: 30_000, what: 'a request in flight' });
    return { answer, who: peers.find(({ got }) => got.includes('GET /slow')) as Peer };
  }

  test('ends with what is in flight', async () => {
    await begin(['a', 'b']);
    const { answer, who } = await inFlight();
    let left = false;
    const leaving = balancer.deregister(who).then(() => {
      left = true;
    });
    await answered(peers.filter(one => one !== who).map(({ name }) => name));
    expect(left).toBe(false);
    waiting[0]?.();
    await leaving;
    expect(await answer).toBe(who.name);
  });

  test('is not longer than its limit, and whoever ends the instance then has its request answered 502', async () => {
    await begin(['a', 'b'], { drainMs: 300 });
    const { answer, who } = await inFlight();
    await balancer.deregister(who);
    expect(waiting).toHaveLength(1);
    await who.close();
    expect(await answer).toBe('502');
  });
});
