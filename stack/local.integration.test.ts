/** Tests the local runner only. The tests of all runners are in stack.integration.test.ts. */
import { createServer } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { startLocalStack } from './local.ts';
import type { Stack } from './stack.ts';

const stacks: Stack[] = [];

afterEach(async () => {
  await Promise.all(stacks.splice(0).map(one => one.stop()));
});

test('a port in use: the next one', async () => {
  const taken = createServer();
  const port = await new Promise<number>((resolve, reject) => {
    taken.once('error', reject);
    taken.listen(0, '127.0.0.1', () => resolve((taken.address() as { port: number }).port));
  });
  const one = await startLocalStack({ port, instances: 1 });
  stacks.push(one);
  expect(Number(new URL(one.url).port)).toBeGreaterThan(port);
  expect((await fetch(`${one.url}/healthz`)).headers.get('x-instance-id')).toBe('app-1');
  taken.close();
});

test('the whole stack stops quickly, and does not wait for a drain of its instances', async () => {
  const one = await startLocalStack({ port: 'any', env: { DRAIN_MS: '3600000' } });
  stacks.push(one);
  const start = performance.now();
  await one.stop();
  expect(performance.now() - start).toBeLessThan(60_000); // The drain would take an hour.
});
