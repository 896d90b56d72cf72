/** Lists all workloads. The workloads that find the most common defects come first. */
import type { Guarantee } from '../core/result/guarantees.ts';
import { UsageError } from '../errors.ts';
import type { Target } from '../target/load.ts';
import { age } from './age.ts';
import { audit } from './audit.ts';
import { burst } from './burst.ts';
import { coldBurst } from './cold-burst.ts';
import { fixation } from './fixation.ts';
import { idle } from './idle.ts';
import { interleave } from './interleave.ts';
import { logoutRace } from './logout-race.ts';
import { refreshRace } from './refresh-race.ts';
import type { Workload } from './workload.ts';

/** All workloads except `hop`. */
export const OTHERS: readonly Workload[] = [
  burst,
  logoutRace,
  interleave,
  fixation,
  coldBurst,
  audit,
  idle,
  age,
  refreshRace,
];

const WORKLOADS: readonly string[] = ['hop', ...OTHERS.map(({ name }) => name)];

/**
 * Returns the workloads to run.
 *
 * @param only names of workloads; empty for the workloads that the target's claims need
 * @throws UsageError if a workload does not exist, or the target lacks what it needs
 */
export function chosen(target: Target, only: readonly string[]): string[] {
  for (const name of only) {
    const workload = OTHERS.find(candidate => candidate.name === name);
    if (workload === undefined && name !== 'hop')
      throw new UsageError(
        `--workload: expected one of ${WORKLOADS.join(', ')}, got ${JSON.stringify(name)}`,
      );
    const lacks = workload?.lacks?.(target);
    if (lacks !== undefined)
      throw new UsageError(`--workload ${name}: the target file lacks ${lacks} (docs/target-file.md)`);
  }
  return only.length > 0 ? [...only] : feeding(target, [...target.claims, ...target.leftOut]);
}

/** Returns the workloads that can run against the target and provide evidence for a guarantee. */
export function feeding(target: Target, guarantees: readonly Guarantee[]): string[] {
  const wanted = OTHERS.filter(
    ({ feeds, lacks }) => feeds.some(one => guarantees.includes(one)) && lacks?.(target) === undefined,
  );
  return ['hop', ...wanted.map(({ name }) => name)];
}

/** Returns how long the workloads wait for declared timeouts, milliseconds. */
export const waits = (target: Target, names: readonly string[]): number =>
  Math.max(0, ...OTHERS.filter(({ name }) => names.includes(name)).map(({ takes }) => takes?.(target) ?? 0));
