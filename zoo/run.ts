/** Runs Baton against an entry of the zoo, and decides whether the verdict is the required one. */
import { join } from 'node:path';
import type { Stack } from '../stack/stack.ts';
import { COMMAND } from '../verify/core/command.ts';
import type { Event, Operation } from '../verify/core/history/history.ts';
import { parseEvent } from '../verify/core/history/parse.ts';
import type { Result } from '../verify/core/result/result.ts';
import type { Anomaly } from '../verify/core/result/verdict.ts';
import { addressesOf } from '../verify/faults/changes.ts';
import { wantedFaults } from '../verify/faults/index.ts';
import { HISTORY } from '../verify/history-reader.ts';
import { eachLine } from '../verify/lines.ts';
import type { VerifyOptions } from '../verify/plan.ts';
import { verify } from '../verify/run.ts';
import { parseTarget, type Target } from '../verify/target/load.ts';
import { feeding } from '../verify/workloads/index.ts';
import { type Deployed, deploy } from './deploy.ts';
import type { ZooEntry } from './entry.ts';

export interface Trial {
  entry: ZooEntry;
  result: Result;
  /** Folder with the history and the result of the trial. */
  folder: string;
  /** The required anomaly of a defect, or the first violation that Baton reported for a healthy system. */
  shown: Anomaly | undefined;
  /** Number of responses, and seconds since the first request, until the anomaly was complete. */
  reached: { requests: number; seconds: number } | undefined;
  /** Guarantees that Baton reported as violated although the deployment keeps them. */
  accused: string[];
  /** Claimed guarantees of a healthy deployment whose verdict is not `valid`. */
  unproven: string[];
}

export type TrialOptions = Pick<VerifyOptions, 'seed' | 'out' | 'sessions' | 'duration' | 'signal'> & {
  /** True to run only the workloads with evidence for the guarantee that the defect breaks. */
  brief?: boolean;
  onStep?: (message: string) => void;
  /** Called after the run, before the deployment is stopped. */
  afterwards?: (deployed: Deployed) => Promise<void>;
};

/** Returns true if Baton's verdict in the trial is the required one. */
export const passed = (trial: Trial): boolean =>
  trial.accused.length === 0 &&
  (trial.entry.kind === 'defect' ? trial.shown !== undefined : trial.unproven.length === 0);

/** Returns a sentence about the result of a trial. */
export function verdictOn({ entry, reached, accused, unproven }: Trial): string {
  if (accused.length > 0)
    return `Wrong: Baton reported ${accused.join(', ')} as violated, but the deployment keeps it.`;
  if (entry.kind === 'control')
    return unproven.length === 0
      ? 'As expected: all claimed guarantees are valid.'
      : `Insufficient evidence for ${unproven.join(', ')}.`;
  if (reached === undefined) return `Not found: expected ${entry.must.anomaly} (${entry.must.guarantee}).`;
  return (
    `As expected: ${entry.must.anomaly} (${entry.must.guarantee}), proved after ${reached.requests} requests ` +
    `and ${reached.seconds.toFixed(1)} s.`
  );
}

/**
 * Runs Baton against a deployment, and then stops the deployment.
 * @throws errors of `deploy` and `verify`, and an Error if a part of the deployment exited unexpectedly
 */
export async function trial(entry: ZooEntry, options: TrialOptions): Promise<Trial> {
  const { onStep, afterwards, brief = false, ...load } = options;
  const deaths: string[] = [];
  const deployed = await deploy(entry, {
    onDeath: description => deaths.push(description),
    ...(onStep && { onStep }),
    ...(load.signal && { signal: load.signal }),
  });
  try {
    const target = parseTarget(deployed.target, `zoo/${entry.name}`, process.env);
    if (target.instance !== undefined) target.instance.addresses ??= addressesOf(deployed.stack);
    const { result, folder } = await verify(target, {
      ...load,
      ...disturbing(entry, deployed.stack),
      workloads: workloadsOf(entry, target, brief),
      command: `${COMMAND} zoo run ${entry.name} --seed ${load.seed}`,
      logs: deployed.stack.logs,
    });
    await afterwards?.(deployed);
    if (deaths.length > 0)
      throw new Error(
        `${entry.name}: expected all processes of the deployment to run until the end, but ${deaths.join('; ')}`,
      );
    return await judged(entry, result, folder);
  } finally {
    await deployed.stop();
  }
}

function workloadsOf(entry: ZooEntry, target: Target, brief: boolean): string[] {
  if (entry.faults !== undefined) return ['hop'];
  return brief && entry.kind === 'defect' ? feeding(target, [entry.must.guarantee]) : [];
}

function disturbing({ faults, next }: ZooEntry, stack: Stack): Pick<VerifyOptions, 'faults'> {
  if (faults === undefined) return {};
  const wanted = wantedFaults(faults);
  return { faults: { wanted, stack, next: next === undefined ? undefined : { env: { ...next } } } };
}

async function judged(entry: ZooEntry, result: Result, folder: string): Promise<Trial> {
  const violated = result.guarantees.filter(({ violations }) => violations > 0);
  const shown =
    entry.kind === 'defect' ? demandedOf(entry, result) : violated.find(v => v.claimed)?.anomalies[0];
  return {
    entry,
    result,
    folder,
    shown,
    reached: shown === undefined ? undefined : await reached(join(folder, HISTORY), shown),
    accused: violated
      .filter(({ guarantee, claimed }) =>
        entry.kind === 'defect' ? entry.mustNot.includes(guarantee) : claimed,
      )
      .map(({ guarantee }) => guarantee),
    unproven:
      entry.kind === 'defect'
        ? []
        : result.guarantees.filter(v => v.claimed && v.judgement !== 'valid').map(v => v.guarantee),
  };
}

/** Returns the first required anomaly of a defect; undefined if Baton did not find any. */
export function demandedOf(entry: ZooEntry, { guarantees }: Result): Anomaly | undefined {
  if (entry.kind === 'control') return undefined;
  const verdict = guarantees.find(({ guarantee }) => guarantee === entry.must.guarantee);
  const named = verdict?.anomalies.filter(({ name }) => name === entry.must.anomaly) ?? [];
  return named.sort((a, b) => completed(a) - completed(b))[0];
}

/** Returns the time of the last response in the anomaly's proof, microseconds. */
const completed = ({ witness }: Anomaly): number =>
  Math.max(0, ...witness.map(({ operation: { call, return: end = call } }: { operation: Operation }) => end));

async function reached(file: string, anomaly: Anomaly): Promise<NonNullable<Trial['reached']>> {
  const returns: number[] = [];
  let first = Number.POSITIVE_INFINITY;
  let unhealthy = 0;
  await eachLine(file, line => {
    if (line === '') return;
    const event: Event = parseEvent(line);
    if (event.type === 'op' || event.type === 'start') first = Math.min(first, event.call);
    if (event.type === 'op' || event.type === 'end') returns.push(event.return ?? Number.POSITIVE_INFINITY);
    if (event.type === 'fault' && event.healthy === false) unhealthy ||= event.end ?? 0;
  });
  // If an instance never becomes ready, the anomaly has no operations. Baton reports this anomaly at the end of the
  // fault.
  const until = anomaly.witness.length === 0 ? unhealthy : completed(anomaly);
  const requests = returns.filter(end => end <= until).length;
  return { requests, seconds: Math.max(0, until - first) / 1e6 };
}
