import { readdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import type { Served } from '../verify/core/history.ts';
import { type LocalStackOptions, startLocalStack } from './local.ts';
import type { Instance, Stack } from './stack.ts';
import { startTraffic } from './testing/traffic.ts';
import { until } from './wait.ts';

const PROGRAM = fileURLToPath(new URL('./testing/instance-program.ts', import.meta.url));
const small = { command: [process.execPath, PROGRAM] as const };

const stacks: Stack[] = [];

async function stack(options: LocalStackOptions = {}): Promise<Stack> {
  const started = await startLocalStack({ port: 'any', instances: [small, small], ...options });
  stacks.push(started);
  return started;
}

afterEach(async () => {
  await Promise.all(stacks.splice(0).map(one => one.stop()));
});

function first(one: Stack): Instance {
  const [instance] = one.instances();
  if (instance === undefined) throw new Error('expected an instance');
  return instance;
}

async function whoAnswers(url: string, count = 6): Promise<Record<string, number>> {
  const seen: Record<string, number> = {};
  for (let index = 0; index < count; index += 1) {
    const response = await fetch(url, { signal: AbortSignal.timeout(5_000) });
    const name = response.status === 200 ? await response.text() : String(response.status);
    seen[name] = (seen[name] ?? 0) + 1;
  }
  return seen;
}

const folders = () => readdirSync(tmpdir()).filter(name => name.startsWith('baton-stack-'));

test('two instances take turns; a third joins; one leaves', async () => {
  const one = await stack();
  expect(await whoAnswers(one.url)).toEqual({ 'app-1': 3, 'app-2': 3 });
  const third = await one.add(small);
  expect(third.name).toBe('app-3');
  expect(one.instances().map(({ name }) => name)).toEqual(['app-1', 'app-2', 'app-3']);
  expect(await whoAnswers(one.url)).toEqual({ 'app-1': 2, 'app-2': 2, 'app-3': 2 });
  await one.balancer.deregister(first(one));
  expect(await whoAnswers(one.url)).toEqual({ 'app-2': 3, 'app-3': 3 });
});

test('an instance is stopped, killed and restarted, and the others serve meanwhile', async () => {
  const one = await stack();
  const instance = first(one);
  for (const disturb of [() => instance.stop(), () => instance.kill()]) {
    await disturb();
    expect(instance.running()).toBe(false);
    expect(await whoAnswers(one.url)).toEqual({ 'app-2': 6 });
    const { url } = instance;
    await instance.restart();
    expect(instance.url).toBe(url);
    expect(instance.running()).toBe(true);
    await until(async () => 'app-1' in (await whoAnswers(one.url, 2)), {
      withinMs: 3_000,
      what: 'app-1 to serve',
    });
  }
});

test('a paused instance answers nothing and lives; resumed it answers', async () => {
  const one = await stack();
  const instance = first(one);
  await instance.pause();
  expect(instance.running()).toBe(true);
  await expect(fetch(instance.url, { signal: AbortSignal.timeout(200) })).rejects.toThrow();
  await instance.resume();
  expect(await (await fetch(instance.url)).text()).toBe('app-1');
  await expect(instance.resume()).resolves.toBeUndefined();
});

test('logs say who served which request, and who was tried in vain', async () => {
  const one = await stack();
  const stop = new AbortController();
  const seen: Served[] = [];
  const reading = one.logs.map(async log => {
    for await (const served of log.follow(stop.signal)) seen.push(served);
  });
  await fetch(one.url, { headers: { 'x-request-id': 'request-1' } });
  await first(one).kill();
  await Promise.all([2, 3].map(n => fetch(one.url, { headers: { 'x-request-id': `request-${n}` } })));
  await until(() => seen.length === 6, { withinMs: 3_000, what: 'both logs of three requests' });
  stop.abort();
  await Promise.all(reading);
  for (const request of ['request-1', 'request-2', 'request-3']) {
    const [balancer, instance] = seen.filter(entry => entry.request === request).toSorted(byKind);
    expect(balancer).toMatchObject({ source: 'balancer', status: 200, instance: instance?.source });
    expect(balancer?.tried?.at(-1)).toBe(instance?.source);
  }
});

function byKind(a: Served, b: Served): number {
  return a.kind.localeCompare(b.kind);
}

test('tells what died that nobody asked to, with its last output', async () => {
  const one = await stack({ instances: [small, { command: [process.execPath, '-e', DIES_WHEN_ASKED] }] });
  await first(one).kill();
  await fetch(`${one.instances()[1]?.url}/die`).catch(() => {});
  expect(await one.died).toMatch(/^app-2 \(process \d+\) ended: exit code 7\. Its last output:\nlast words$/);
});

const DIES_WHEN_ASKED = `require('http').createServer((request, response) => {
  if (request.url !== '/die') return response.end();
  console.log('last words');
  process.exit(7);
}).listen(process.env.PORT, '127.0.0.1')`;

async function environmentOf({ url }: Instance): Promise<Record<string, string>> {
  return (await (await fetch(url)).json()) as Record<string, string>;
}

test('instances differ in environment and program, and share what makes them one app', async () => {
  const print = `require('http').createServer((q, r) => r.end(JSON.stringify(process.env)))
    .listen(process.env.PORT, '127.0.0.1')`;
  const command = [process.execPath, '-e', print] as const;
  const one = await stack({
    instances: [{ command, env: { ONLY: 'first' } }, { command }],
    env: { PAYMENT_MS: '70' },
  });
  const [a, b] = await Promise.all(one.instances().map(environmentOf));
  expect(a).toMatchObject({ INSTANCE_ID: 'app-1', ONLY: 'first', PAYMENT_MS: '70', HOST: '127.0.0.1' });
  expect(b).toMatchObject({ INSTANCE_ID: 'app-2', PAYMENT_MS: '70' });
  expect(b).not.toHaveProperty('ONLY');
  const shared = ({ REDIS_URL, SESSION_SECRET }: Record<string, string>) => ({ REDIS_URL, SESSION_SECRET });
  expect(shared(a ?? {})).toEqual(shared(b ?? {}));
});

describe('stopping', () => {
  test('leaves nothing, whatever was paused, killed or stopped before; twice does no harm', async () => {
    const one = await stack({ instances: [small, small, small] });
    const [a, b] = one.instances();
    await a?.pause();
    await b?.kill();
    await one.balancer.pause();
    await one.store.pause();
    await Promise.all([one.stop(), one.stop()]);
    for (const service of [one.store, one.balancer, ...one.instances()])
      expect(service.running()).toBe(false);
    await expect(one.add(small)).rejects.toThrow(/was stopped/);
    await expect(a?.restart()).rejects.toThrow(/stopped for good/);
  });

  test('an instance that does not start: its output, and nothing left', async () => {
    const before = folders();
    const start = stack({ instances: [small, { ...small, env: { FAIL: 'on purpose' } }] });
    await expect(start).rejects.toThrow(/app-2 .*exit code 3.*told to fail: on purpose/s);
    expect(folders()).toEqual(before);
  });

  test('an instance that cannot be added: the others go on', async () => {
    const one = await stack();
    await expect(one.add({ ...small, env: { FAIL: 'on purpose' } })).rejects.toThrow(/told to fail/);
    expect(one.instances()).toHaveLength(2);
    expect(await whoAnswers(one.url, 4)).toEqual({ 'app-1': 2, 'app-2': 2 });
  });

  test('given up in the middle of its start, with the reason that was given', async () => {
    const before = folders();
    const givenUp = new AbortController();
    const onStep = (message: string) => {
      if (message.includes('instances')) setImmediate(() => givenUp.abort(new Error('enough')));
    };
    await expect(stack({ signal: givenUp.signal, onStep })).rejects.toThrow('enough');
    expect(folders()).toEqual(before);
  });
});

test('two stacks at once do not meet', async () => {
  const [a, b] = await Promise.all([stack(), stack()]);
  expect(a.url).not.toBe(b.url);
  await a.stop();
  expect(await whoAnswers(b.url)).toEqual({ 'app-1': 3, 'app-2': 3 });
});

test('a port that is taken: the next one', async () => {
  const taken = createServer();
  const port = await new Promise<number>((resolve, reject) => {
    taken.once('error', reject);
    taken.listen(0, '127.0.0.1', () => resolve((taken.address() as { port: number }).port));
  });
  const one = await stack({ port });
  expect(Number(new URL(one.url).port)).toBeGreaterThan(port);
  expect(await whoAnswers(one.url, 2)).toEqual({ 'app-1': 1, 'app-2': 1 });
  taken.close();
});

describe('the shipped app', () => {
  test('instances are added, leave, and are restarted one by one, and not one request fails', async () => {
    const one = await stack({ instances: 2 });
    const traffic = startTraffic(one.url, '/login');
    await traffic.more(50);
    const third = await one.add();
    await traffic.more(50);
    await Promise.all([one.balancer.deregister(third), traffic.more(50)]);
    await third.stop();
    for (const instance of one.instances().slice(0, 2)) {
      await one.balancer.deregister(instance);
      await instance.restart();
      await one.balancer.register(instance);
      await traffic.more(50);
    }
    const { failures, served } = await traffic.stop();
    expect(failures).toEqual([]);
    expect(Object.keys(served).toSorted()).toEqual(['app-1', 'app-2', 'app-3']);
  });

  test('the whole stack stops quickly, drains or not', async () => {
    const one = await stack({ instances: 2 });
    const start = performance.now();
    await one.stop();
    expect(performance.now() - start).toBeLessThan(2_000);
  });
});
