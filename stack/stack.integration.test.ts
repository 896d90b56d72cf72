/** Tests that every runner of the stack must pass. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { LONG } from '../tests/long.ts';
import { used } from '../tests/used.ts';
import type { Served } from '../verify/core/history/history.ts';
import type { Instance, Stack, StackOptions } from './stack.ts';
import { containersOf, STACK_IMAGES } from './testing/containers.ts';
import { RUNNERS, SMALL } from './testing/runners.ts';
import { startTraffic } from './testing/traffic.ts';
import { until } from './wait.ts';

/** Tests with containers take minutes, so by default only the local runner is tested. */
const tested = RUNNERS.filter(({ name }) => LONG || name === 'local');

const stacks: Stack[] = [];

afterEach(async () => {
  await Promise.all(stacks.splice(0).map(one => one.stop()));
});

function nth(one: Stack, index: number): Instance {
  const instance = one.instances()[index];
  if (instance === undefined) throw new Error(`expected an instance at ${index}`);
  return instance;
}

async function countServed(url: string, count = 6): Promise<Record<string, number>> {
  const seen: Record<string, number> = {};
  for (let index = 0; index < count; index += 1) {
    const response = await fetch(url);
    const name = response.status === 200 ? await response.text() : String(response.status);
    seen[name] = (seen[name] ?? 0) + 1;
  }
  return seen;
}

const PRINTS_ENVIRONMENT = `import { createServer } from 'node:http';
createServer((_, response) => response.end(JSON.stringify(process.env)))
  .listen(Number(process.env.PORT), process.env.HOST);`;

const DIES_WHEN_ASKED = `import { createServer } from 'node:http';
createServer((request, response) => {
  if (request.url !== '/die') return response.end();
  console.log('last words');
  process.exit(7);
}).listen(Number(process.env.PORT), process.env.HOST);`;

async function environmentOf({ url }: Instance): Promise<Record<string, string>> {
  return (await (await fetch(url)).json()) as Record<string, string>;
}

function byKind(a: Served, b: Served): number {
  return a.kind.localeCompare(b.kind);
}

describe.each(tested.map(runner => ({ ...runner, title: runner.name })))('$title', runner => {
  const small = runner.instance(SMALL);

  async function stack(options: StackOptions = {}): Promise<Stack> {
    const started = await runner.start({ port: 'any', instances: [small, small], ...options });
    stacks.push(started);
    return started;
  }

  beforeEach(context => {
    context.skip(runner.skip !== '', runner.skip);
  });

  test('two instances take turns; a third joins; one leaves', async () => {
    const one = await stack();
    expect(await countServed(one.url)).toEqual({ 'app-1': 3, 'app-2': 3 });
    const third = await one.add(small);
    expect(third.name).toBe('app-3');
    expect(one.instances().map(({ name }) => name)).toEqual(['app-1', 'app-2', 'app-3']);
    expect(await countServed(one.url)).toEqual({ 'app-1': 2, 'app-2': 2, 'app-3': 2 });
    await one.balancer.deregister(nth(one, 0));
    expect(await countServed(one.url)).toEqual({ 'app-2': 3, 'app-3': 3 });
  });

  test('an instance is stopped, killed and restarted, while the others serve', async () => {
    const one = await stack();
    const instance = nth(one, 0);
    for (const disturb of [() => instance.stop(), () => instance.kill()]) {
      await disturb();
      expect(instance.running()).toBe(false);
      expect(await countServed(one.url)).toEqual({ 'app-2': 6 });
      const { url } = instance;
      await instance.restart();
      expect(instance.url).toBe(url);
      expect(instance.running()).toBe(true);
      await until(async () => 'app-1' in (await countServed(one.url, 2)), {
        withinMs: 10_000,
        what: 'app-1 to serve',
      });
    }
  });

  test('a paused instance runs but does not respond; after a resume it responds', async () => {
    const one = await stack();
    const instance = nth(one, 0);
    await instance.pause();
    await expect(instance.pause()).resolves.toBeUndefined();
    expect(instance.running()).toBe(true);
    await expect(fetch(instance.url, { signal: AbortSignal.timeout(200) })).rejects.toThrow();
    await instance.resume();
    expect(await (await fetch(instance.url)).text()).toBe('app-1');
    await expect(instance.resume()).resolves.toBeUndefined();
  });

  test('the balancer and the store restart with the same addresses', async () => {
    const one = await stack();
    for (const service of [one.balancer, one.store]) {
      await service.restart();
      expect(service.running()).toBe(true);
      expect(await countServed(one.url, 4)).toEqual({ 'app-1': 2, 'app-2': 2 });
    }
  });

  test('logs name the instance of each request, over a restart, and the instances that were tried without success', async () => {
    const one = await stack();
    const stop = new AbortController();
    const seen: Served[] = [];
    const reading = one.logs.map(async log => {
      for await (const served of log.follow(stop.signal)) seen.push(served);
    });
    const ask = (n: number) => fetch(one.url, { headers: { 'x-request-id': `request-${n}` } });
    const named = () => seen.filter(entry => entry.request.startsWith('request-'));
    const logged = (requests: number) =>
      until(() => named().length === 2 * requests, {
        withinMs: 30_000,
        what: `both logs of ${requests} requests`,
      });
    await ask(1);
    // Waits for the log line. An instance that is killed just after its response may not have written the line.
    await logged(1);
    await nth(one, 0).kill();
    await Promise.all([2, 3].map(ask));
    await nth(one, 0).restart();
    await until(async () => 'app-1' in (await countServed(one.url, 2)), {
      withinMs: 10_000,
      what: 'app-1 to serve',
    });
    await Promise.all([4, 5].map(ask));
    await logged(5);
    stop.abort();
    await Promise.all(reading);
    for (const request of [1, 2, 3, 4, 5].map(n => `request-${n}`)) {
      const [balancer, instance] = named()
        .filter(entry => entry.request === request)
        .toSorted(byKind);
      expect(balancer).toMatchObject({ source: 'balancer', status: 200, instance: instance?.source });
      expect(balancer?.tried?.at(-1)).toBe(instance?.source);
    }
  });

  test('reports each unexpected end, with the last output', async () => {
    const one = await stack({ instances: [small, runner.instance(DIES_WHEN_ASKED)] });
    await nth(one, 0).kill();
    await fetch(`${nth(one, 1).url}/die`).catch(() => {});
    expect(await one.died).toMatch(
      /^app-2 \((process|container) [\w-]+\) ended: exit code 7\. Its last output:\nlast words$/,
    );
    expect(nth(one, 1).running()).toBe(false);
  });

  test('instances can differ in environment and program, and share the secret and the store', async () => {
    const prints = runner.instance(PRINTS_ENVIRONMENT);
    const one = await stack({
      instances: [{ ...prints, env: { ONLY: 'the $first' } }, prints],
      env: { PAYMENT_MS: '70' },
    });
    const [a, b] = await Promise.all(one.instances().map(environmentOf));
    expect(a).toMatchObject({ INSTANCE_ID: 'app-1', ONLY: 'the $first', PAYMENT_MS: '70' });
    expect(b).toMatchObject({ INSTANCE_ID: 'app-2', PAYMENT_MS: '70' });
    expect(b).not.toHaveProperty('ONLY');
    const shared = ({ REDIS_URL, SESSION_SECRET }: Record<string, string>) => ({
      REDIS_URL,
      SESSION_SECRET,
    });
    expect(shared(a ?? {})).toEqual(shared(b ?? {}));
  });

  test('a stop leaves nothing running, also of paused, killed or stopped parts; a second stop is harmless', async () => {
    const before = runner.left();
    const one = await stack({ instances: [small, small, small] });
    const [a, b] = one.instances();
    await a?.pause();
    await b?.kill();
    await one.balancer.pause();
    await one.store.pause();
    await Promise.all([one.stop(), one.stop()]);
    for (const service of [one.store, one.balancer, ...one.instances()]) {
      expect(service.running()).toBe(false);
    }
    await expect(one.add(small)).rejects.toThrow(/was stopped/);
    await expect(a?.restart()).rejects.toThrow(/stopped for good/);
    expect(runner.left()).toEqual(before);
  });

  test('an instance that does not start: the error has its output, and nothing is left', async () => {
    const before = runner.left();
    const start = stack({ instances: [small, { ...small, env: { FAIL: 'on purpose' } }] });
    await expect(start).rejects.toThrow(/app-2 .*exit code 3.*configured to fail: on purpose/s);
    expect(runner.left()).toEqual(before);
  });

  test('an instance that cannot be added: the others continue', async () => {
    const one = await stack();
    await expect(one.add({ ...small, env: { FAIL: 'on purpose' } })).rejects.toThrow(/configured to fail/);
    expect(one.instances()).toHaveLength(2);
    expect(await countServed(one.url, 4)).toEqual({ 'app-1': 2, 'app-2': 2 });
  });

  test('an aborted start rejects with the given reason', async () => {
    const before = runner.left();
    const givenUp = new AbortController();
    const onStep = (message: string) => {
      if (message.includes('instances')) setImmediate(() => givenUp.abort(new Error('enough')));
    };
    await expect(stack({ signal: givenUp.signal, onStep })).rejects.toThrow('enough');
    expect(runner.left()).toEqual(before);
  });

  test('two stacks at once do not interfere', async () => {
    const [a, b] = await Promise.all([stack(), stack()]);
    expect(a.url).not.toBe(b.url);
    await a.stop();
    expect(await countServed(b.url)).toEqual({ 'app-1': 3, 'app-2': 3 });
  });

  test.runIf(LONG)(
    'the shipped app: instances join, leave and are restarted, and no request fails',
    async () => {
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
    },
  );
});

used('containers', containersOf(...STACK_IMAGES));
