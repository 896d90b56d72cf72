import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { freePort } from '../ports.ts';
import { type Peer, startPeer } from '../testing/peer.ts';
import { startTraffic } from '../testing/traffic.ts';
import { until } from '../wait.ts';
import { CheckedNginx, type CheckedOptions } from './checked-nginx.ts';
import { directivesOf, profileOf } from './profile.ts';

let dir: string;
let balancer: CheckedNginx;
const peers: Peer[] = [];
const health = new Map<string, number>();
const reports: string[] = [];
const waiting: (() => void)[] = [];

const CHECK = {
  probe: { path: '/health' },
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
  reports.length = 0;
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
  balancer = new CheckedNginx({
    ...ports,
    dir,
    additions: directivesOf(like),
    check: CHECK,
    drainMs: 600_000,
    failOpen: like.failOpen,
    ...options,
  });
  balancer.onHealth = ({ name }, state) => reports.push(`${name} ${state}`);
  await balancer.registerAll(started);
  await balancer.start();
  return started;
}

async function get(path = '/'): Promise<string> {
  const response = await fetch(balancer.url + path, {
    headers: { connection: 'close' }, // Leaves no idle connection, which would delay a reload.
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
    what: `responses of ${names}`,
  });

test('under traffic: out when unhealthy, in when healthy again, and no request fails', async () => {
  const [, b] = await begin(['a', 'b']);
  const traffic = startTraffic(balancer.url, '/');
  for (let round = 0; round < 2; round++) {
    health.set('b', 500);
    await until(() => reports.at(-1) === 'b unhealthy', {
      withinMs: 30_000,
      what: 'b to be found unhealthy',
    });
    const requests = () => b?.got.filter(line => !line.endsWith('/health')).length;
    await until(
      async () => {
        const before = requests();
        await traffic.more(60);
        return requests() === before;
      },
      { withinMs: 30_000, what: 'no requests to b' },
    );
    health.delete('b');
    await until(() => reports.at(-1) === 'b healthy', { withinMs: 30_000, what: 'b to be found healthy' });
    const before = requests() ?? 0;
    await until(() => (requests() ?? 0) > before, { withinMs: 30_000, what: 'requests to b' });
  }
  const { failures } = await traffic.stop();
  expect(failures).toEqual([]);
  expect(reports.filter(line => line.startsWith('a'))).toEqual([]);
});

test('a new instance gets requests only after it has passed its checks', async () => {
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

test('an instance that leaves before it was healthy: `register` rejects', async () => {
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

describe('while no instance is healthy', () => {
  const none = async (names: string[]) => {
    for (const name of names) health.set(name, 500);
    const all = () => names.every(name => reports.includes(`${name} unhealthy`));
    await until(all, { withinMs: 30_000, what: 'all to be unhealthy' });
  };

  test('alb fails open: all get requests, until one is healthy again', async () => {
    await begin(['a', 'b']);
    await none(['a', 'b']);
    await answered(['a', 'b']);
    health.delete('a');
    await answered(['a']);
    health.delete('b');
    await answered(['a', 'b']);
  });

  test('classic itself responds with 503', async () => {
    await begin(['a', 'b'], {}, profileOf('classic-elb'));
    await none(['a', 'b']);
    await answered(['503']);
    health.delete('b');
    await answered(['b']);
  });
});

describe('a drain', () => {
  async function inFlight(): Promise<{ answer: Promise<string>; busy: Peer }> {
    const answer = get('/slow');
    await until(() => waiting.length === 1, { withinMs: 30_000, what: 'a request in flight' });
    return { answer, busy: peers.find(({ got }) => got.includes('GET /slow')) as Peer };
  }

  test('ends with the request in flight', async () => {
    await begin(['a', 'b']);
    const { answer, busy } = await inFlight();
    let left = false;
    const leaving = balancer.deregister(busy).then(() => {
      left = true;
    });
    await answered(peers.filter(one => one !== busy).map(({ name }) => name));
    expect(left).toBe(false);
    waiting[0]?.();
    await leaving;
    expect(await answer).toBe(busy.name);
  });

  test('is not longer than its limit; if the instance ends then, its request gets 502', async () => {
    await begin(['a', 'b'], { drainMs: 300 });
    const { answer, busy } = await inFlight();
    await balancer.deregister(busy);
    expect(waiting).toHaveLength(1);
    await busy.close();
    expect(await answer).toBe('502');
  });
});
