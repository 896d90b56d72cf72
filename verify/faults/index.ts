/** All faults, those of instances first, and what `--faults` takes. */
import type { InstanceOptions, Stack } from '../../stack/stack.ts';
import { UsageError } from '../errors.ts';
import type { Random } from '../workloads/random.ts';
import { balancerReload } from './balancer-reload.ts';
import type { Fault } from './fault.ts';
import { answersCut, instanceHangs, instanceSlow } from './instance-link.ts';
import { instanceOut } from './instance-out.ts';
import { kill } from './kill.ts';
import { pause } from './pause.ts';
import { replaceOldest } from './replace-oldest.ts';
import { restart } from './restart.ts';
import { rollingDeploy } from './rolling-deploy.ts';
import { rollingRestart } from './rolling-restart.ts';
import { scaleIn } from './scale-in.ts';
import { scaleOut } from './scale-out.ts';
import { secretReplaced, secretRotation } from './secret-rotation.ts';
import { stop } from './stop.ts';
import { storeDemoted } from './store-demoted.ts';
import { storeFailover } from './store-failover.ts';
import { storeBlackHole, storeCut, storeLate, storeRefuses, storeSlow } from './store-link.ts';
import { storeEvict, storeFlush, storeRestartEmpty } from './store-losses.ts';
import { storeConnections, storeFull, storeReadOnly } from './store-orders.ts';
import { storePause, storeRestart } from './store-process.ts';

export const FAULTS: readonly Fault[] = [
  ...[kill, stop, pause, restart, rollingRestart, replaceOldest, scaleOut, scaleIn],
  ...[secretRotation, secretReplaced, rollingDeploy],
  ...[balancerReload, instanceOut, instanceHangs, instanceSlow, answersCut],
  ...[storeRestart, storePause, storeBlackHole, storeRefuses, storeSlow, storeLate, storeCut],
  ...[storeReadOnly, storeDemoted, storeFull, storeConnections],
  ...[storeRestartEmpty, storeFlush, storeEvict, storeFailover],
];

/** What a deploy does to a group of instances. */
export const DEPLOY: readonly Fault[] = [rollingRestart, replaceOldest, scaleOut, scaleIn];

/** What every system is to survive. */
const FAIR = FAULTS.filter(fault => fault.loses !== true && fault !== rollingDeploy);

/** Which faults are wanted, before the stack is there. */
export type Wanted = readonly Fault[] | { draw: number | 'all' };

/**
 * @param text `deploy`, `all`, names of faults, or how many are to be drawn
 * @throws UsageError when one of them does not exist
 */
export function wantedFaults(text: string): Wanted {
  if (text === 'deploy') return DEPLOY;
  if (text === 'all') return { draw: 'all' };
  if (/^[1-9]\d*$/.test(text)) return { draw: Number(text) };
  return text.split(',').map(name => {
    const fault = FAULTS.find(candidate => candidate.name === name);
    if (fault !== undefined) return fault;
    const names = FAULTS.map(candidate => candidate.name).join(', ');
    throw new UsageError(
      `--faults: expected deploy, all, a number, or some of ${names}; got ${JSON.stringify(name)}`,
    );
  });
}

/** @returns whether one that is wanted, or may be drawn, needs the links between instances and store */
export const needsLinks = (wanted: Wanted): boolean =>
  'draw' in wanted || wanted.some(fault => fault.linked === true);

/**
 * The faults of a run in their order. Those that are drawn are drawn among what this stack has all for, each once
 * before any comes again; what grows the group goes before what shrinks it.
 *
 * @throws UsageError when a fault that was named cannot be made here
 */
export function schedule(wanted: Wanted, random: Random, stack: Stack, next?: InstanceOptions): Fault[] {
  if (!('draw' in wanted)) {
    const size = { instances: stack.instances().length };
    for (const fault of wanted) {
      const grown = size.instances > stack.instances().length && fault === scaleIn;
      const lacks = grown ? undefined : fault.lacks?.(stack, next);
      if (lacks !== undefined) throw new UsageError(`--faults ${fault.name}: this needs ${lacks}`);
      size.instances += fault === scaleOut ? 1 : 0;
    }
    return [...wanted];
  }
  const possible = FAIR.filter(fault => fault !== scaleIn && fault.lacks?.(stack, next) === undefined);
  const count = wanted.draw === 'all' ? possible.length : wanted.draw;
  const drawn: Fault[] = [];
  let left: Fault[] = [];
  for (let i = 0; i < count && possible.length > 0; i++) {
    if (left.length === 0) left = [...possible];
    const [fault] = left.splice(random.below(left.length), 1) as [Fault];
    drawn.push(fault);
    if (fault === scaleOut) drawn.push(scaleIn);
  }
  return drawn;
}
