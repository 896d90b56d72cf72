/** Runs in a worker thread, which drives a part of the sessions and writes its own history. */
import { once } from 'node:events';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { type RecorderClock, startClock } from './client/clock.ts';
import type { Finish } from './core/history/history.ts';
import { record } from './recording.ts';
import type { Assignment, WorkerCommand, WorkerReport } from './workers.ts';
import { perform } from './workloads/perform.ts';

/** Number of messages for comparing this worker's clock with the first worker's. */
const ROUNDS = 20;

/**
 * Starts a clock that shows the first worker's time. Its error is at most half the duration of the fastest exchange of
 * messages.
 */
async function clockOf(name: string, port: MessagePort): Promise<RecorderClock> {
  let [offset, half] = [performance.timeOrigin, Number.POSITIVE_INFINITY];
  for (let round = 0; round < ROUNDS; round++) {
    const sent = performance.now();
    port.postMessage('time' satisfies WorkerReport);
    const [theirs] = (await once(port, 'message')) as [number];
    const took = performance.now() - sent;
    if (took / 2 >= half) continue;
    half = took / 2;
    offset = theirs - (sent + half);
  }
  return startClock(name, { offset, uncertainty: Math.ceil(half * 1000) });
}

async function work(port: MessagePort): Promise<void> {
  const { plan, learned } = workerData as Assignment;
  const clock = await clockOf(`c${plan.part.number}`, port);
  const stop = new AbortController();
  let stopped: Finish['reason'] = 'interrupted';
  const started = new Promise<void>(resolve =>
    port.on('message', (command: WorkerCommand) => {
      if (command !== 'go') {
        stopped = command;
        stop.abort();
      }
      resolve();
    }),
  );
  const recording = record({ ...plan, signal: stop.signal }, clock);
  let reason: Finish['reason'] = 'failed';
  try {
    recording.context.interpreter.learn(learned);
    port.postMessage('ready' satisfies WorkerReport);
    await started;
    await perform(recording.context, plan.workloads, plan);
    reason = stop.signal.aborted ? stopped : 'complete';
  } finally {
    await recording.close(reason);
    port.close();
  }
}

if (parentPort !== null) await work(parentPort);
