/** Performs the faults of a run, and writes the start and end of each into the history. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { NotReadyError } from '../../stack/process.ts';
import { until } from '../../stack/wait.ts';
import type { Recorder } from '../client/recorder.ts';
import type { Fault as FaultEvent } from '../core/history/history.ts';
import type { Random } from '../random.ts';
import type { Disturbance, Means } from './fault.ts';
import type { System } from './health.ts';
import type { ObservedLoad } from './load.ts';

/** Time without a fault, before each fault and after the last one, milliseconds. */
const QUIET_MS = 1_000;
/** Minimum number of writes before a fault: twice the number that the check `survival` needs. */
const WRITTEN = 20;
/** Maximum wait for enough writes before a fault, seconds. Then the fault starts anyway. */
const WRITTEN_TRIES = 15;
const LASTS_MS = 1_500;
const SHOWN_MS = 5_000;

export interface Disturbing {
  system: System;
  faults: readonly Disturbance[];
  recorder: Recorder;
  load: ObservedLoad;
  random: Random;
  /** Declared deadline for responses while the store is down, milliseconds. */
  deadline: number;
  /**
   * Returns the maximum wait until the system is healthy, milliseconds. `fault`: name of the fault that has just ended;
   * absent before the first fault.
   */
  recovery: (fault?: string) => number;
  folder: string;
  signal: AbortSignal;
  onStep: (text: string) => void;
  /** Called with a warning that the user must see, such as a fault that was not healed. */
  onAlarm: (text: string) => void;
  onChange: () => void;
}

/**
 * Performs the faults, and heals each of them, even after an error or a stop. Ends early if the system does not recover
 * in time.
 */
export async function disturb(all: Disturbing): Promise<void> {
  for (const [index, fault] of all.faults.entries()) {
    await quiet(all, QUIET_MS);
    await waitForWrites(all);
    if (all.signal.aborted) return;
    const before = all.load.instances().length;
    const healthy = (await becomesHealthy(all, before, all.recovery()))
      ? await perform(all, fault, index + 1, before)
      : 'before';
    all.onChange();
    if (healthy === true) continue;
    if (all.signal.aborted) return;
    const when = healthy === 'before' ? 'before' : 'after';
    all.onStep(`the system is not healthy ${when} ${fault.name}, so Baton performs no more faults`);
    return;
  }
  await quiet(all, QUIET_MS);
}

async function waitForWrites(all: Disturbing): Promise<void> {
  for (let i = 0; i < WRITTEN_TRIES && !all.signal.aborted; i++) {
    const kept = all.load.kept();
    if (kept === 0 || kept >= WRITTEN) return;
    await quiet(all, QUIET_MS);
  }
}

const quiet = ({ signal }: Disturbing, milliseconds: number): Promise<void> =>
  sleep(milliseconds, undefined, { signal }).catch(() => {});

/**
 * Performs and heals one fault. Returns whether the system is healthy afterwards.
 *
 * @param before number of instances that served before the fault
 */
async function perform(all: Disturbing, fault: Disturbance, id: number, before: number): Promise<boolean> {
  const { recorder, random, load, signal, onStep, onAlarm } = all;
  const { clock } = recorder;
  const { where, inject } = fault.aim(random);
  const title = `${fault.name}${where === undefined ? '' : ` of ${where}`}`;
  const { means, heals, effect } = meansOf(all, `${id}-${fault.name}.log`);
  onStep(`fault: ${title}`);
  load.begin();
  const opened = {
    type: 'fault' as const,
    id,
    name: fault.name,
    clock: clock.name,
    begin: clock.now(),
    part: fault.part,
    ...(where === undefined ? {} : { where }),
    ...(fault.down === true ? { down: true } : {}),
  };
  recorder.log(opened);
  let healthy = false;
  let came: Came = { bit: false };
  try {
    came = await tryInject(fault, () => inject(means), all);
    if (heals.length > 0 && came.unready === undefined) await quiet(all, fault.lasts?.(means) ?? LASTS_MS);
  } finally {
    const healed = await healAll(heals, what =>
      onAlarm(`${title} could not be healed, so the system may still be disturbed: ${what}`),
    );
    load.begin();
    const again =
      healed &&
      (signal.aborted || (await becomesHealthy(all, fault.instances ?? before, all.recovery(fault.name))));
    healthy = again && (came.unready === undefined || signal.aborted);
    recorder.log({
      ...opened,
      end: clock.now(),
      ...came,
      healthy,
      ...effect,
      ...(healed ? {} : { healed }),
    });
  }
  return healthy;
}

type Came = Pick<FaultEvent, 'bit' | 'unready'>;

/**
 * Returns whether the effect of a fault was seen. Reports errors instead of throwing. An instance that never becomes
 * ready counts as an effect.
 */
async function tryInject(
  fault: Disturbance,
  inject: () => Promise<boolean>,
  { signal, onStep }: Disturbing,
): Promise<Came> {
  try {
    return { bit: await inject() };
  } catch (error) {
    const theirs = fault.part === 'instance' && error instanceof NotReadyError;
    const unready = theirs ? error.part : undefined;
    if (!signal.aborted)
      onStep(
        `${fault.name} ${unready === undefined ? 'could not be performed' : 'did not complete'}: ${messageOf(error)}`,
      );
    return unready === undefined ? { bit: false } : { bit: true, unready };
  }
}

function meansOf(
  all: Disturbing,
  log: string,
): { means: Means; heals: (() => Promise<unknown>)[]; effect: { did?: string } } {
  const { deadline, load, signal, folder } = all;
  const heals: (() => Promise<unknown>)[] = [];
  const effect: { did?: string } = {};
  const means: Means = {
    deadline,
    signal,
    log: join(folder, log),
    undo: heal => heals.push(heal),
    wait: milliseconds => quiet(all, milliseconds),
    shown: condition =>
      until(condition, { withinMs: SHOWN_MS, what: 'the effect of the fault', signal }).then(
        () => true,
        () => false,
      ),
    answered: name => load.answered(name),
    showsFault: () => load.showsFault(),
    did: text => {
      effect.did = text;
    },
    moved: () => load.moved(),
  };
  return { means, heals, effect };
}

/** Calls all functions that heal a fault, the last one first, even if one fails. Returns whether all succeeded. */
async function healAll(heals: (() => Promise<unknown>)[], report: (what: string) => void): Promise<boolean> {
  let well = true;
  for (const heal of heals.reverse()) {
    try {
      await heal();
    } catch (error) {
      well = false;
      report(messageOf(error));
    }
  }
  return well;
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const becomesHealthy = (
  { system, load, signal }: Disturbing,
  instances: number,
  withinMs: number,
): Promise<boolean> =>
  until(() => system.healthy(load, instances), {
    withinMs,
    what: 'the system to be healthy',
    signal,
  }).then(
    () => true,
    () => false,
  );
