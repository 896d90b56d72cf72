/** Lists the faults of the bundled stack, and chooses the faults of a run by `--faults`. */
import type { InstanceOptions, Stack } from '../../stack/stack.ts';
import { UsageError } from '../errors.ts';
import type { Random } from '../random.ts';
import { affinityLost, balancerReload, instanceOut, writeRepeated } from './balancer.ts';
import { clockOffset } from './clock-offset.ts';
import {
  replaceOldest,
  rollingDeploy,
  rollingRestart,
  scaleIn,
  scaleOut,
  secretReplaced,
  secretRotation,
} from './deploys.ts';
import { clusterFailover, sentinelFailover, storeDemoted, storeFailover, storeOldCopy } from './failovers.ts';
import { type Disturbance, onStack, type StackFault } from './fault.ts';
import { kill, pause, restart, stop } from './instance.ts';
import { answersCut, instanceHangs, instanceNarrow, instanceSlow } from './instance-link.ts';
import { storeBlackHole, storeCut, storeLate, storeNarrow, storeRefuses, storeSlow } from './store-link.ts';
import { storeEvict, storeFlush, storeRestartEmpty } from './store-losses.ts';
import { storeConnections, storeFull, storeReadOnly } from './store-orders.ts';
import { storePause, storeRestart } from './store-process.ts';

export const FAULTS: readonly StackFault[] = [
  ...[kill, stop, pause, restart, rollingRestart, replaceOldest, scaleOut, scaleIn, clockOffset],
  ...[secretRotation, secretReplaced, rollingDeploy],
  ...[balancerReload, instanceOut, instanceHangs, instanceSlow, instanceNarrow, answersCut],
  ...[affinityLost, writeRepeated],
  ...[storeRestart, storePause, storeBlackHole, storeRefuses, storeSlow, storeNarrow, storeLate, storeCut],
  ...[storeReadOnly, storeDemoted, storeFull, storeConnections],
  ...[storeRestartEmpty, storeFlush, storeEvict, storeFailover, storeOldCopy],
  ...[sentinelFailover, clusterFailover],
];

const FAIR = FAULTS.filter(fault => fault.loses !== true && fault !== rollingDeploy);

type Known = StackFault | Disturbance;

/** A list of faults, or a number of faults to choose at random from the list `among`. */
export type Wanted = readonly Known[] | { draw: number | 'all'; among: readonly Known[] };

/**
 * Parses the option `--faults`.
 *
 * @param text `deploy`, `all`, names of faults, or a number of random faults
 * @param own faults of the target file
 * @param bundled faults of the stack; empty if no stack is started
 * @throws UsageError if a name does not exist
 */
export function wantedFaults(
  text: string,
  own: readonly Disturbance[] = [],
  bundled: readonly StackFault[] = FAULTS,
): Wanted {
  const known = [...own, ...bundled];
  const among = [
    ...own.filter(({ loses }) => loses !== true),
    ...FAIR.filter(fault => bundled.includes(fault)),
  ];
  if (text === 'all') return { draw: 'all', among };
  if (/^[1-9]\d*$/.test(text)) return { draw: Number(text), among };
  if (text === 'deploy') return deploying(known);
  return text.split(',').map(name => {
    const fault = known.find(candidate => candidate.name === name);
    if (fault !== undefined) return fault;
    const names = known.map(candidate => candidate.name).join(', ');
    throw new UsageError(
      `--faults: expected deploy, all, a number, or some of ${names}; got ${JSON.stringify(name)}`,
    );
  });
}

function deploying(known: readonly Known[]): Known[] {
  const faults = known.filter(({ deploy }) => deploy === true);
  if (faults.length > 0) return faults;
  throw new UsageError(
    '--faults deploy: expected a fault with `deploy: true` in the target file, found none: add it to each fault that is part of a deploy',
  );
}

const ofStack = (fault: Known): fault is StackFault => !('aim' in fault);

/** Returns whether the faults of a run may need proxies between instances and store. */
export const needsLinks = (wanted: Wanted): boolean =>
  ('draw' in wanted ? wanted.among : wanted).some(fault => ofStack(fault) && fault.linked === true);

/**
 * Returns the faults of a run in order. A random choice repeats a fault only after all faults were chosen, and adds
 * `scale-in` after `scale-out`.
 *
 * @throws UsageError if a named fault is impossible on this system
 */
export function schedule(
  wanted: Wanted,
  random: Random,
  stack?: Stack,
  next?: InstanceOptions,
): Disturbance[] {
  const lacksOf = (fault: Known): string | undefined => {
    if (!ofStack(fault)) return fault.lacks?.();
    return stack === undefined ? 'the bundled stack: --stack local' : fault.lacks?.(stack, next);
  };
  const chosen = 'draw' in wanted ? drawn(wanted, random, lacksOf) : named(wanted, stack, lacksOf);
  return chosen.map(fault =>
    ofStack(fault) && stack !== undefined ? onStack(fault, stack, next) : (fault as Disturbance),
  );
}

type Lacks = (fault: Known) => string | undefined;

function named(wanted: readonly Known[], stack: Stack | undefined, lacksOf: Lacks): readonly Known[] {
  let more = 0;
  for (const fault of wanted) {
    const lacks = more > 0 && fault === scaleIn && stack !== undefined ? undefined : lacksOf(fault);
    if (lacks !== undefined) throw new UsageError(`--faults ${fault.name}: this needs ${lacks}`);
    more += fault === scaleOut ? 1 : 0;
  }
  return wanted;
}

function drawn({ draw, among }: Exclude<Wanted, readonly Known[]>, random: Random, lacksOf: Lacks): Known[] {
  const possible = among.filter(fault => fault !== scaleIn && lacksOf(fault) === undefined);
  const count = draw === 'all' ? possible.length : draw;
  const faults: Known[] = [];
  let left: Known[] = [];
  for (let i = 0; i < count && possible.length > 0; i++) {
    if (left.length === 0) left = [...possible];
    const [fault] = left.splice(random.below(left.length), 1) as [Known];
    faults.push(fault);
    if (fault === scaleOut) faults.push(scaleIn);
  }
  if (faults.length > 0) return faults;
  const why = [...new Set(among.map(lacksOf).filter(lacks => lacks !== undefined))].join('; ');
  throw new UsageError(
    `--faults: no fault is possible on this system${why === '' ? '' : `: this needs ${why}`}`,
  );
}
