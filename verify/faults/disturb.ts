/** Performs faults, one after the other, and writes the window of each into the history. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { NotReadyError } from '../../stack/not-ready.ts';
import { until } from '../../stack/wait.ts';
import type { Recorder } from '../client/recorder.ts';
import type { Fault as FaultEvent } from '../core/history.ts';
import type { Random } from '../workloads/random.ts';
import type { Disturbance, Means } from './fault.ts';
import type { System } from './health.ts';
import type { Load } from './load.ts';

/** Between two faults, and before the first, milliseconds. */
const QUIET_MS = 1_000;
/** Writes that are there before a fault: twice what `survival` asks for. Looked for once a `QUIET_MS`, so many times. */
const WRITTEN = 20;
const WRITTEN_TRIES = 15;
/** How long a fault lasts, if it does not say so itself. */
const LASTS_MS = 1_500;
const SHOWN_MS = 5_000;

export interface Disturbing {
  system: System;
  faults: readonly Disturbance[];
  recorder: Recorder;
  load: Load;
  random: Random;
  /** Within which the target declares to answer while the store is down, milliseconds. */
  deadline: number;
  /** Within which all must be healthy again after a fault, by its name; before any, without a name. Milliseconds. */
  recovery: (fault?: string) => number;
  /** Folder that takes what commands say. */
  folder: string;
  signal: AbortSignal;
  /** Told what is done, in words for a person. */
  onStep: (text: string) => void;
  /** Told what somebody must see: the system may not be as it was. */
  onAlarm: (text: string) => void;
  /** After each fault: other instances may be there. */
  onChange: () => void;
}

/** Performs the faults; heals each on every path. What is not healthy before a fault, or again in time, ends it. */
export async function disturb(all: Disturbing): Promise<void> {
  for (const [index, fault] of all.faults.entries()) {
    await quiet(all, QUIET_MS);
    await written(all);
    if (all.signal.aborted) return;
    const before = all.load.instances().length;
    const healthy = (await becomesHealthy(all, before, all.recovery()))
      ? await perform(all, fault, index + 1, before)
      : 'before';
    all.onChange();
    if (healthy === true) continue;
    if (all.signal.aborted) return;
    const when = healthy === 'before' ? 'before' : 'after';
    all.onStep(`not everything is healthy ${when} ${fault.name}: no more faults`);
    return;
  }
  await quiet(all, QUIET_MS);
}

/**
 * Waits until enough was written that the fault may lose, which `survival` asks for: a slow machine may have written
 * little by then. Gives up after a while, and does not wait for clients that write nothing.
 */
async function written(all: Disturbing): Promise<void> {
  for (let i = 0; i < WRITTEN_TRIES && !all.signal.aborted; i++) {
    const kept = all.load.kept();
    if (kept === 0 || kept >= WRITTEN) return;
    await quiet(all, QUIET_MS);
  }
}

const quiet = ({ signal }: Disturbing, milliseconds: number): Promise<void> =>
  sleep(milliseconds, undefined, { signal }).catch(() => {});

/** @param before how many instances answered before. @returns whether all is healthy again */
async function perform(all: Disturbing, fault: Disturbance, id: number, before: number): Promise<boolean> {
  const { recorder, random, load, signal, onStep, onAlarm } = all;
  const { clock } = recorder;
  const { where, inject } = fault.aim(random);
  const title = `${fault.name}${where === undefined ? '' : ` of ${where}`}`;
  const { means, heals, told: done } = meansOf(all, `${id}-${fault.name}.log`);
  onStep(`fault: ${title}`);
  load.begin();
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
    came = await injected(fault, () => inject(means), all);
    if (heals.length > 0 && came.unready === undefined) await quiet(all, fault.lasts?.(means) ?? LASTS_MS);
  } finally {
    const healed = await healAll(heals, what =>
      onAlarm(`${title} could not be healed, and what it disturbed may still be so: ${what}`),
    );
    load.begin();
    const again =
      healed &&
      (signal.aborted || (await becomesHealthy(all, fault.instances ?? before, all.recovery(fault.name))));
    healthy = again && (came.unready === undefined || signal.aborted);
    recorder.log({
      ...{ ...opened, end: clock.now(), ...came, healthy },
      ...done,
      ...(healed ? {} : { healed }),
    });
  }
  return healthy;
}

type Came = Pick<FaultEvent, 'bit' | 'unready'>;

/** @returns whether it was seen to take effect, and which instance never got ready: that is an effect for sure */
async function injected(
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
        `${fault.name} ${unready === undefined ? 'could not be made' : 'did not end well'}: ${told(error)}`,
      );
    return unready === undefined ? { bit: false } : { bit: true, unready };
  }
}

/** @returns what a fault works with, how it is healed, and what it says that it did */
function meansOf(
  all: Disturbing,
  log: string,
): { means: Means; heals: (() => Promise<unknown>)[]; told: { did?: string } } {
  const { deadline, load, signal, folder } = all;
  const heals: (() => Promise<unknown>)[] = [];
  const done: { did?: string } = {};
  const means: Means = {
    ...{ deadline, signal, log: join(folder, log) },
    undo: heal => heals.push(heal),
    last: milliseconds => quiet(all, milliseconds),
    shown: condition =>
      until(condition, { withinMs: SHOWN_MS, what: 'the fault to show', signal }).then(
        () => true,
        () => false,
      ),
    answered: name => load.answered(name),
    felt: () => load.felt(),
    did: text => {
      done.did = text;
    },
    moved: () => load.moved(),
  };
  return { means, heals, told: done };
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

/** @returns whether all is healthy within the time to recover */
const becomesHealthy = (
  { system, load, signal }: Disturbing,
  instances: number,
  withinMs: number,
): Promise<boolean> =>
  until(() => system.healthy(load, instances), {
    withinMs,
    what: 'all to be healthy',
    signal,
  }).then(
    () => true,
    () => false,
  );
