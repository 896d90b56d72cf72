/** Compares the bundled stack with the documentation of the load balancers and instance groups that it imitates. */

import { type ProfileName, profileOf } from '../../stack/fleet/profile.ts';
import { stickyBy } from '../../stack/sticky.ts';
import { allDead, answersOfChecks, crash, hung } from './checks.ts';
import { failures } from './failures.ts';
import { draining, drainLimit, group } from './leaving.ts';
import { Rig } from './rig.ts';
import { outcomeOf, type Row } from './row.ts';
import { type ConformanceStage, type Scene, TimeScale } from './scene.ts';
import { byApplication, byDuration } from './stickiness.ts';

/** The measurements, in the order of the tables in docs/fleet.md. */
const SCENES: readonly Scene[] = [
  ...[crash, hung, answersOfChecks, allDead, failures],
  ...[draining, drainLimit, group, byDuration, byApplication],
];

/** Number of concurrent measurements. Measurements mostly wait, so they do not disturb each other. */
const AT_ONCE = 4;
const TIMES = 3;

export interface ConformanceOptions {
  profiles: readonly ProfileName[];
  /** Factor by which all documented times are divided. */
  speedup: number;
  signal: AbortSignal;
  onScene?: (profile: ProfileName, scene: string) => void;
}

/**
 * Measures the stack with each imitated load balancer. Returns one row for each behaviour. Throws the stack's error
 * if the stack cannot start, or the signal's reason.
 */
export async function conformance(options: ConformanceOptions): Promise<Row[]> {
  const { profiles, signal } = options;
  const tasks = profiles.flatMap(name =>
    SCENES.filter(scene => scene.fits(profileOf(name))).map(scene => ({ name, scene, rows: [] as Row[] })),
  );
  const left = [...tasks];
  const worker = async (): Promise<void> => {
    for (let task = left.shift(); task !== undefined; task = left.shift()) {
      signal.throwIfAborted();
      task.rows = await settled(task.scene, task.name, options);
      options.onScene?.(task.name, task.scene.name);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return tasks.flatMap(({ rows }) => rows);
}

/** On a busy machine, health checks and responses may be late, so unexpected results are measured again. */
async function settled(scene: Scene, name: ProfileName, options: ConformanceOptions): Promise<Row[]> {
  let rows: Row[] = [];
  for (let i = 0; i < TIMES; i++) {
    rows = await played(scene, name, options);
    if (rows.every(row => ['agrees', 'known'].includes(outcomeOf(row)))) break;
  }
  return rows;
}

async function played(
  scene: Scene,
  name: ProfileName,
  { speedup, signal }: ConformanceOptions,
): Promise<Row[]> {
  const profile = profileOf(name, speedup);
  const rows: Row[] = [];
  const row: ConformanceStage['row'] = (what, documented, measured, { agrees, known } = {}) =>
    rows.push({
      profile: name,
      what,
      documented,
      measured,
      agrees: agrees ?? measured === documented,
      ...(known !== undefined && { known }),
    });
  const { mode, seconds } = scene.sticky ?? {};
  const sticky = mode === undefined ? undefined : stickyBy(mode, profile.cookies, seconds);
  const rig = await Rig.start(profile, signal, sticky);
  const stop = () => void rig.stack.stop();
  signal.addEventListener('abort', stop);
  try {
    await scene.play({ rig, profile, pace: new TimeScale(speedup), row });
  } catch (error) {
    signal.throwIfAborted();
    const measured = error instanceof Error ? error.message : String(error);
    rows.push({ profile: name, what: scene.name, documented: '', measured, agrees: undefined });
  } finally {
    signal.removeEventListener('abort', stop);
    await rig.stack.stop();
  }
  return rows;
}
