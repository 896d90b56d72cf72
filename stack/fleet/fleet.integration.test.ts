/** Tests a stack with an imitated load balancer: dead instances are replaced, and a deploy drops no request. */
import { afterEach, expect, test } from 'vitest';
import { startLocalStack } from '../local.ts';
import type { Instance, InstanceOptions, Stack } from '../stack.ts';
import { startTraffic } from '../testing/traffic.ts';
import { until } from '../wait.ts';
import { type Profile, profileOf } from './profile.ts';

const PROGRAM = `import { createServer } from 'node:http';
const name = process.env.INSTANCE_ID;
createServer((request, response) => {
  if (request.url === '/die') process.exit(7);
  response.setHeader('X-Instance-Id', name);
  request.resume().on('end', () => response.end(name));
}).listen(Number(process.env.PORT), process.env.HOST).keepAliveTimeout = 60_000;
process.on('SIGTERM', () => process.exit(0));`;
const SMALL: InstanceOptions = { command: [process.execPath, '--input-type=module', '-e', PROGRAM] };

let stack: Stack;
const said: string[] = [];

afterEach(async () => {
  await stack.stop();
  said.length = 0;
});

async function begin(profile: Profile): Promise<readonly Instance[]> {
  const options = { port: 'any', instances: [SMALL, SMALL], profile } as const;
  stack = await startLocalStack({ ...options, onStep: message => said.push(message) });
  return stack.instances();
}

const names = () => stack.instances().map(({ name }) => name);
const whole = () =>
  until(() => stack.fleet?.whole() === true, {
    withinMs: 20_000,
    what: 'all instances of the group to be healthy',
  });
const gone = (instance: Instance | undefined) =>
  until(() => !names().includes(instance?.name ?? ''), {
    withinMs: 20_000,
    what: 'the instance to be replaced',
  });

async function whoAnswers(): Promise<string[]> {
  const seen = new Set<string>();
  for (let i = 0; i < 8; i++) {
    const response = await fetch(stack.url, { headers: { connection: 'close' } });
    seen.add(response.status === 200 ? await response.text() : String(response.status));
  }
  return [...seen].toSorted();
}

test('an instance that dies is detected, taken out and replaced, and the stack continues', async () => {
  const [first] = await begin(profileOf('seed', 20));
  const changes: string[][] = [];
  const end = stack.fleet?.onChange(() => changes.push(names()));
  let died = false;
  void stack.died.then(() => {
    died = true;
  });
  await expect(fetch(`${first?.url}/die`)).rejects.toThrow();
  await gone(first);
  await whole();
  expect(await whoAnswers()).toEqual(['app-2', 'app-3']);
  expect(names()).toEqual(['app-2', 'app-3']);
  expect(changes.at(-1)).toEqual(['app-2', 'app-3']);
  expect(said).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/^app-1 \(process \d+\) ended: exit code 7/),
      'app-1 was found unhealthy',
      'app-1 is unhealthy, and is replaced',
    ]),
  );
  expect(died).toBe(false);
  end?.();
});

test('under traffic: a new instance in, the oldest out, one less, one more: no request fails', async () => {
  const [, second] = await begin(profileOf('seed', 20));
  const traffic = startTraffic(stack.url, '/');
  await traffic.more(50);
  await stack.add(SMALL);
  await whole();
  expect(names()).toEqual(['app-2', 'app-3']);
  await stack.remove(second as Instance);
  await whole();
  expect(names()).toEqual(['app-3', 'app-4']);
  await traffic.more(50);
  const { failures, served } = await traffic.stop();
  expect(failures).toEqual([]);
  expect(Object.keys(served)).toEqual(expect.arrayContaining(names()));
});
