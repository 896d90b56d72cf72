/** Tests that a seed determines the requests of a run, however fast the machine is. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startLocalStack } from '../../stack/local.ts';
import type { Stack } from '../../stack/stack.ts';
import type { Operation } from '../core/history/history.ts';
import { verify } from '../run.ts';
import { loadTarget } from '../target/load.ts';

/** Number of requests at the end of each session of `hop`: the last reads, the logout and a replay. */
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

const ENOUGH = 60;

/**
 * Returns the requests of each session. Removes the run's name, which is part of written values.
 *
 * @param duration length of the load, milliseconds
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
 * Returns the number of compared requests, and the number of sessions in which `other` differs. `one` and `same` have
 * the same seed.
 */
function compare(one: Plan, same: Plan, other: Plan): { compared: number; different: number } {
  let compared = 0;
  let different = 0;
  for (const [session, steps] of one) {
    if (!/^s\d+$/.test(session)) continue;
    const [again, others] = [same.get(session) ?? [], other.get(session) ?? []];
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
  // The different durations simulate slow machines, which send fewer requests in the same time.
  for (const duration of [1_500, 8_000, 30_000]) {
    const [one, same, other] = [
      await planOf(7, duration),
      await planOf(7, duration),
      await planOf(8, duration),
    ];
    // Overlapping requests end in random order, but the session writes the same values.
    const { compared, different } = compare(one, same, other);
    expect(different).toBe(3);
    expect(written(one).length).toBeGreaterThan(60);
    expect(written(same).toSorted()).toEqual(written(one).toSorted());
    if (compared > ENOUGH) return;
  }
  expect.fail(`expected more than ${ENOUGH} steps to compare, in 30 s of load`);
});
