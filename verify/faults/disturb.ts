/** Performs faults, one after the other, and writes the window of each into the history. */
import { setTimeout as sleep } from 'node:timers/promises';
import { NotReadyError } from '../../stack/not-ready.ts';
import type { Instance, InstanceOptions, Stack } from '../../stack/stack.ts';
import { until } from '../../stack/wait.ts';
import type { Recorder } from '../client/recorder.ts';
import type { Fault as FaultEvent } from '../core/history.ts';
import type { Random } from '../workloads/random.ts';
import type { Fault, Stage } from './fault.ts';
import type { Load } from './load.ts';

/** Between two faults, and before the first, milliseconds. */
const QUIET_MS = 1_000;
/** How long a fault lasts, if it does not say so itself. */
const LASTS_MS = 1_500;
const SHOWN_MS = 5_000;

export interface Disturbing {
  stack: Stack;
  faults: readonly Fault[];
  recorder: Recorder;
  load: Load;
  random: Random;
  next: InstanceOptions | undefined;
  /** Within which the target declares to answer while the store is down, milliseconds. */
  deadline: number;
  /** Within which all must be healthy again, milliseconds. */
  recovery: number;
  /** Whether a healthy instance is one that the load reaches through the balancer. */
  reached: boolean;
  signal: AbortSignal;
  /** Told what is done, in words for a person. */
  onStep: (text: string) => void;
  /** After each fault: other instances may be there. */
  onChange: () => void;
}

/** Performs the faults; heals each on every path. What is not healthy again in time ends it. */
export async function disturb(all: Disturbing): Promise<void> {
  for (const [index, fault] of all.faults.entries()) {
    await quiet(all, QUIET_MS);
    if (all.signal.aborted) return;
    const healthy = await perform(all, fault, index + 1);
    all.onChange();
    if (healthy) continue;
    if (!all.signal.aborted) all.onStep(`not everything is healthy after ${fault.name}: no more faults`);
    return;
  }
  await quiet(all, QUIET_MS);
}

const quiet = ({ signal }: Disturbing, milliseconds: number): Promise<void> =>
  sleep(milliseconds, undefined, { signal }).catch(() => {});

/** @returns whether all is healthy again */
async function perform(all: Disturbing, fault: Fault, id: number): Promise<boolean> {
  const { recorder, random, stack, load, signal, onStep } = all;
  const instances = stack.instances();
  const instance = instances[random.below(instances.length)] as Instance;
  const heals: (() => Promise<unknown>)[] = [];
  let did: string | undefined;
  const stage: Stage = {
    ...stageOf(all, instance, heals),
    did: text => {
      did = text;
    },
  };
  const where = whereOf(fault, stage);
  onStep(`fault: ${fault.name}${where === undefined ? '' : ` of ${where}`}`);
  load.begin();
  const { clock } = recorder;
  const opened = {
    type: 'fault' as const,
    ...{ id, name: fault.name, clock: clock.name, begin: clock.now(), part: fault.part },
    ...(where === undefined ? {} : { where }),
    ...(fault.down === true ? { down: true } : {}),
  };
  recorder.log(opened);
  let healthy = false;
  let came: Came = { bit: false };
  try {
    came = await injected(fault, stage, onStep);
    if (heals.length > 0 && came.unready === undefined) await quiet(all, fault.lasts?.(stage) ?? LASTS_MS);
  } finally {
    const healed = await healAll(heals, what => onStep(`${fault.name} could not be healed: ${what}`));
    load.begin();
    const again = healed && (signal.aborted || (await healthyAgain(all)));
    healthy = again && (came.unready === undefined || signal.aborted);
    recorder.log({
      ...{ ...opened, end: clock.now(), ...came, healthy },
      ...(did === undefined ? {} : { did }),
      ...(healed ? {} : { healed }),
    });
  }
  return healthy;
}

type Came = Pick<FaultEvent, 'bit' | 'unready'>;

/** @returns whether it was seen to take effect, and which instance never got ready: that is an effect for sure */
async function injected(fault: Fault, stage: Stage, tell: Disturbing['onStep']): Promise<Came> {
  try {
    return { bit: await fault.inject(stage) };
  } catch (error) {
    const theirs = fault.part === 'instance' && error instanceof NotReadyError;
    const unready = theirs ? error.part : undefined;
    tell(`${fault.name} ${unready === undefined ? 'could not be made' : 'did not end well'}: ${told(error)}`);
    return unready === undefined ? { bit: false } : { bit: true, unready };
  }
}

function whereOf({ one, part }: Fault, { instance, stack }: Stage): string | undefined {
  if (one === true) return instance.name;
  return part === 'store' ? stack.store.name : undefined;
}

function stageOf(all: Disturbing, instance: Instance, heals: (() => Promise<unknown>)[]): Omit<Stage, 'did'> {
  const { stack, next, deadline, load, signal } = all;
  return {
    ...{ stack, instance, next, deadline },
    undo: heal => heals.push(heal),
    last: milliseconds => quiet(all, milliseconds),
    shown: condition =>
      until(condition, { withinMs: SHOWN_MS, what: 'the fault to show', signal }).then(
        () => true,
        () => false,
      ),
    answered: name => load.answered(name),
  };
}

/** In the opposite order, each whatever became of the others. @returns whether all went well */
async function healAll(heals: (() => Promise<unknown>)[], tell: (what: string) => void): Promise<boolean> {
  let well = true;
  for (const heal of heals.reverse()) {
    try {
      await heal();
    } catch (error) {
      well = false;
      tell(told(error));
    }
  }
  return well;
}

const told = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Every part runs and takes requests, and the load gets through to every instance. */
async function healthyAgain({ stack, load, recovery, reached, signal }: Disturbing): Promise<boolean> {
  const healthy = async (): Promise<boolean> => {
    const instances = stack.instances();
    if (![stack.balancer, ...stack.servers, ...instances].every(service => service.running())) return false;
    for (const { name, url } of instances) {
      if (reached && load.answered(name) === 0) return false;
      const answer = await fetch(`${url}/readyz`, { redirect: 'manual', signal: AbortSignal.timeout(2_000) });
      await answer.arrayBuffer();
      if (answer.status >= 500) return false;
    }
    return true;
  };
  return until(healthy, { withinMs: recovery, what: 'all to be healthy', signal }).then(
    () => true,
    () => false,
  );
}
