/** Performs a run: check that the target is ready → load, with faults → settle → final reads → save → judge. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Finish } from './core/history/history.ts';
import type { Result } from './core/result/result.ts';
import { phases } from './faults/phases.ts';
import { judgeFile } from './judge-file.ts';
import { planOf, type RunPlan, type VerifyOptions } from './plan.ts';
import { ready } from './ready/ready.ts';
import { type RunRecording, record } from './recording.ts';
import type { Target } from './target/load.ts';
import { audit } from './workloads/audit.ts';
import { measureGrowth } from './workloads/growth.ts';
import { perform } from './workloads/index.ts';

/**
 * Verifies a running target. It prints nothing and never exits; it reports events to the callbacks.
 *
 * @returns the result, and the folder with the history and result.json
 * @throws UsageError when the target file or the credentials are wrong
 * @throws UnavailableError when the target does not respond; the history so far stays in the folder
 */
export async function verify(
  target: Target,
  options: VerifyOptions = {},
): Promise<{ result: Result; folder: string }> {
  const plan = planOf(target, options);
  const recording = record(plan);
  let reason: Finish['reason'] = 'failed';
  try {
    await waitUntilReady(plan, recording);
    await loadWithFaults(plan, recording);
    reason = plan.signal.aborted ? (plan.stopped?.() ?? 'interrupted') : 'complete';
    await settleLogs(plan, recording);
  } finally {
    await recording.close(reason);
  }
  return { result: await judge(plan), folder: plan.folder };
}

/** Waits until the target is ready, and measures the limits that the audit must not exceed. */
async function waitUntilReady({ onPhase, workloads }: RunPlan, { context }: RunRecording): Promise<void> {
  onPhase?.('ready');
  await ready(context);
  if (workloads.includes(audit.name)) context.growth = await measureGrowth(context);
}

/** Runs the workloads, and the faults during the last one. Then waits until all is settled, and reads all objects. */
async function loadWithFaults(plan: RunPlan, { context, load, logs }: RunRecording): Promise<void> {
  plan.onPhase?.('load');
  const faults = phases(context, plan.schedule, { ...plan, load, logs });
  await perform(context, plan.workloads, { ...plan, ...faults });
}

/** Waits until the logs have the last requests. */
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
