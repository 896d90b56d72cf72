/**
 * Tests that a seed determines the requests of a run at any speed of the machine, and that another seed gives other
 * requests.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startLocalStack } from '../../stack/local.ts';
import type { Stack } from '../../stack/stack.ts';
import type { Operation } from '../core/history/history.ts';
import { verify } from '../run.ts';
import { loadTarget } from '../target/load.ts';

/**
 * Number of requests with which each session of `hop` ends: the last reads, the logout, and a request with the old
 * cookie.
 */
const END = 4;

let stack: Stack;
let out: string;
beforeAll(async () => {
  stack = await startLocalStack({ port: 'any', env: { SCRYPT_COST: '2' } });
  out = await mkdtemp(join(tmpdir(), 'plan-'));
});
afterAll(async () => {
  await stack?.stop();
  await rm(out, { recursive: true, force: true });
});

/** Minimum number of requests to compare, in all sessions together. */
const ENOUGH = 60;

/**
 * Performs a run.
 *
 * @param duration length of the load, milliseconds
 * @returns the requests of each session in order, without the run's name, which is part of the written values
 */
async function planOf(seed: number, duration: number): Promise<Map<string, string[]>> {
  const target = await loadTarget('baton.yaml', {});
  target.url = stack.url;
  if (target.instance !== undefined)
    target.instance.addresses = Object.fromEntries(stack.instances().map(({ name, url }) => [name, url]));
  const plan = new Map<string, string[]>();
  const onOperation = ({ session, action, path, value, direct }: Operation): void => {
    const steps = plan.get(session) ?? [];
    plan.set(session, steps);
    steps.push([action, path, value?.split('.').slice(1).join('.'), direct].join(' '));
  };
  const workloads = ['hop', 'burst'];
  await verify(target, { seed, sessions: 3, duration, workloads, out, command: '', onOperation });
  return plan;
}

type Plan = Map<string, string[]>;

/**
 * Compares the sessions of `hop` in three runs: `one` and `same` have the same seed, `other` has another seed.
 *
 * @returns the number of compared requests, and the number of sessions in which `other` has other requests
 */
function compare(one: Plan, same: Plan, other: Plan): { compared: number; different: number } {
  let compared = 0;
  let different = 0;
  for (const [session, steps] of one) {
    if (!/^s\d+$/.test(session)) continue;
    const [again, others] = [same.get(session) ?? [], other.get(session) ?? []];
    // The last requests of a session are not compared, because a session may end after any request.
    const length = Math.min(steps.length, again.length) - END;
    expect(again.slice(0, length), session).toEqual(steps.slice(0, length));
    compared += length;
    if (others.join('\n') !== steps.join('\n')) different++;
  }
  return { compared, different };
}

const written = (plan: Plan): string[] =>
  [...plan]
    .filter(([session]) => session.startsWith('burst'))
    .flatMap(([, steps]) => steps.filter(step => step.startsWith('add')));

it('is drawn from the seed', async () => {
  // Tries again with more time, because a slow machine sends fewer requests in a given time.
  for (const duration of [1_500, 8_000, 30_000]) {
    const [one, same, other] = [
      await planOf(7, duration),
      await planOf(7, duration),
      await planOf(8, duration),
    ];
    // Overlapping requests may end in any order, but the values that a session writes do not depend on this order.
    const { compared, different } = compare(one, same, other);
    expect(different).toBe(3);
    expect(written(one).length).toBeGreaterThan(60);
    expect(written(same).toSorted()).toEqual(written(one).toSorted());
    if (compared > ENOUGH) return;
  }
  expect.fail(`expected more than ${ENOUGH} steps to compare, in 30 s of load`);
});
