/** Performs a run: checks the target, sends the load with faults, waits for recovery, reads all objects, and judges. */
import { rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { HistoryFile } from './client/history-file.ts';
import type { Finish } from './core/history/history.ts';
import type { Result } from './core/result/result.ts';
import { phases } from './faults/phases.ts';
import { HISTORY, partsIn } from './history-reader.ts';
import { judgeFile, mergeFiles } from './judge-file.ts';
import { partOf, planOf, type RunPlan, type VerifyOptions } from './plan.ts';
import { ready } from './ready/ready.ts';
import { type RunRecording, record } from './recording.ts';
import type { Target } from './target/load.ts';
import { RunWorkers } from './workers.ts';
import { audit } from './workloads/audit.ts';
import { measureGrowth } from './workloads/growth-measurement.ts';
import { perform } from './workloads/perform.ts';

/**
 * Verifies a running system. Prints nothing and never exits. Returns the result, and the folder with the history and
 * result.json.
 *
 * @throws UsageError if the target file or credentials are wrong; UnavailableError if the target does not respond. The
 * folder then has the history so far
 */
export async function verify(
  target: Target,
  options: VerifyOptions = {},
): Promise<{ result: Result; folder: string }> {
  const whole = planOf(target, options);
  const plan = partOf(whole, 0);
  const recording = record(plan);
  let workers: RunWorkers | undefined;
  let reason: Finish['reason'] = 'failed';
  try {
    await waitUntilReady(plan, recording);
    workers = await RunWorkers.start(whole, recording);
    await loadWithFaults(plan, recording, workers);
    reason = plan.signal.aborted ? (plan.stopped?.() ?? 'interrupted') : 'complete';
    await settleLogs(plan, recording);
  } finally {
    workers?.stop(reason);
    await workers?.ended;
    await recording.close(reason);
  }
  if (workers !== undefined) await mergeParts(plan);
  return { result: await judge(plan), folder: plan.folder };
}

/** Checks the target, and measures how much text a session can hold, for the workload `audit`. */
async function waitUntilReady({ onPhase, workloads }: RunPlan, { context }: RunRecording): Promise<void> {
  onPhase?.('ready');
  await ready(context);
  if (workloads.includes(audit.name)) context.growth = await measureGrowth(context);
}

/** After the load, waits until the system has recovered and all workers have ended, and reads all objects once more. */
async function loadWithFaults(
  plan: RunPlan,
  { context, load, logs }: RunRecording,
  workers: RunWorkers | undefined,
): Promise<void> {
  plan.onPhase?.('load');
  workers?.go();
  // Waits for the workers before this thread sends its last requests. A log that contains these requests then also
  // contains the requests of all workers.
  const together = workers && { settle: async () => void (await workers.ended) };
  const faults = phases(context, plan.schedule, { ...plan, load, logs });
  await perform(context, plan.workloads, { ...plan, ...faults, ...together });
}

/** Deletes the workers' histories last, so that `baton check` works after a kill at any time. */
async function mergeParts({ folder, compress }: RunPlan): Promise<void> {
  const parts = await partsIn(folder);
  const merged = new HistoryFile(join(folder, HISTORY), undefined, compress ? 0 : undefined);
  try {
    await mergeFiles(parts, event => merged.write(event));
  } finally {
    merged.close();
  }
  await rm(dirname(parts[0] as string), { recursive: true });
}

async function settleLogs({ onPhase, signal }: RunPlan, { logs }: RunRecording): Promise<void> {
  onPhase?.('logs');
  await logs.settle(signal);
}

async function judge({ onPhase, folder }: RunPlan): Promise<Result> {
  onPhase?.('judge');
  const result = await judgeFile(folder);
  await writeFile(join(folder, 'result.json'), `${JSON.stringify(result, null, 2)}\n`);
  return result;
}
