/** Adds the faults to a run, and marks its phases in the history: warm-up, load, settle, final. */
import { join } from 'node:path';
import type { InstanceOptions, Stack } from '../../stack/stack.ts';
import type { Context } from '../client/context.ts';
import type { FollowedLogs } from '../client/logs.ts';
import { budgetOf } from '../core/faults/window.ts';
import { seeded } from '../random.ts';
import type { Performance } from '../workloads/perform.ts';
import { instanceUpdater } from './changes.ts';
import { disturb } from './disturb.ts';
import type { Disturbance } from './fault.ts';
import { ownSystem, stackSystem } from './health.ts';
import { schedule, type Wanted } from './index.ts';
import type { ObservedLoad } from './load.ts';

const DEADLINE = 3_000;

export interface FaultPlan {
  wanted: Wanted;
  /** The bundled stack; absent if Baton did not start the system. */
  stack?: Stack | undefined;
  next?: InstanceOptions | undefined;
}

interface PhaseOptions {
  faults?: FaultPlan;
  onStep?: (text: string) => void;
  onAlarm?: (text: string) => void;
  load: ObservedLoad;
  logs: FollowedLogs;
  folder: string;
}

/**
 * Returns the faults of a run in order.
 *
 * @throws UsageError if a fault is impossible on this system
 */
export const scheduled = (asked: FaultPlan | undefined, seed: number): readonly Disturbance[] =>
  asked === undefined ? [] : schedule(asked.wanted, seeded(seed).fork('schedule'), asked.stack, asked.next);

/**
 * Returns callbacks for the workloads. `disturb` performs all faults while only the workload `hop` runs. `settle` marks
 * the start of the phase `final`.
 */
export function phases(
  context: Context,
  faults: readonly Disturbance[],
  { faults: asked, load, logs, folder, onStep = () => {}, onAlarm = () => {} }: PhaseOptions,
): Pick<Performance, 'disturb' | 'settle'> {
  if (asked === undefined || faults.length === 0) return {};
  const { stack } = asked;
  const { recorder, target, instances, signal, random } = context;
  const { deadline = DEADLINE, instance } = target;
  const reached = instance?.header !== undefined && target.routing === 'spread';
  const system = stack === undefined ? ownSystem(target) : stackSystem(stack, reached);
  const onChange =
    stack === undefined ? () => instances.only(load.instances()) : instanceUpdater(stack, context, logs);
  recorder.phase('warm-up');
  return {
    disturb: async () => {
      recorder.phase('load');
      await disturb({
        system,
        faults,
        recorder,
        load,
        signal,
        onStep,
        onAlarm,
        onChange,
        deadline,
        random: random.fork('faults'),
        recovery: fault => recoveryOf(target, fault) ?? system.recovery,
        folder: join(folder, 'faults'),
      });
      recorder.phase('settle');
    },
    settle: async () => recorder.phase('final'),
  };
}

/** Returns the declared recovery time for this fault, or for all faults, milliseconds. */
function recoveryOf({ declared }: Context['target'], fault?: string): number | undefined {
  const { recovery } = budgetOf(declared?.budgets, fault);
  return recovery === undefined ? undefined : recovery / 1000;
}
