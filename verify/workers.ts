/** Divides the sessions of a run among threads, because one core limits the number of requests per second. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Finish } from './core/history/history.ts';
import type { Learned } from './core/response/interpret.ts';
import { partOf, type RunPlan } from './plan.ts';
import type { RunRecording } from './recording.ts';

/** Data that is copied to a worker thread at its start. It must contain no functions. */
export interface Assignment {
  plan: Omit<RunPlan, 'signal'>;
  learned: Learned;
}

/** A message to a worker. `go`: begin the load. A reason, such as `interrupted`: end the load. */
export type WorkerCommand = 'go' | Finish['reason'];
/** A message from a worker. `time` requests the time; `ready`: the worker can begin. */
export type WorkerReport = 'time' | 'ready';

/** The file of a worker thread, in a checkout (.ts) or in the npm package (.js). */
const FILE = new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js', import.meta.url);

export class RunWorkers {
  readonly #threads: Worker[];
  /** Resolves when all worker threads have ended. */
  readonly ended: Promise<unknown>;

  private constructor(threads: Worker[], ended: Promise<unknown>) {
    this.#threads = threads;
    this.ended = ended;
  }

  /**
   * Starts a thread for each worker except the first, which is this thread. Waits until all threads are ready. Returns
   * undefined if the run has only one worker.
   *
   * @param plan the plan of the whole run
   * @param recording this thread's recording, with the facts about the app for all workers
   */
  static async start(plan: RunPlan, recording: RunRecording): Promise<RunWorkers | undefined> {
    const { of } = plan.part;
    if (of === 1) return undefined;
    const { learned } = recording.context.interpreter;
    const numbers = Array.from({ length: of - 1 }, (_, i) => i + 1);
    const threads = numbers.map(
      number => new Worker(FILE, { workerData: assignment(plan, number, learned) }),
    );
    const ended = Promise.all(threads.map(thread => once(thread, 'exit').catch(() => {})));
    const workers = new RunWorkers(threads, ended);
    threads.forEach((thread, i) => {
      thread.on('error', ({ message }: Error) => {
        plan.onAlarm?.(`worker ${i + 2} of ${of} ended early, so the run is cut off: ${message}`);
      });
    });
    await Promise.all(threads.map(untilReady));
    const stop = (): void => workers.stop(plan.stopped?.() ?? 'interrupted');
    if (plan.signal.aborted) stop();
    else plan.signal.addEventListener('abort', stop, { once: true });
    return workers;
  }

  go(): void {
    this.#post('go');
  }

  stop(reason: Finish['reason']): void {
    this.#post(reason);
  }

  #post(command: WorkerCommand): void {
    for (const thread of this.#threads) thread.postMessage(command);
  }
}

function assignment(plan: RunPlan, number: number, learned: Learned): Assignment {
  const { target, part, seed, sessions, duration, rate, workloads, run, folder, compress, affinity, key } =
    partOf(plan, number);
  return {
    plan: {
      target,
      part,
      seed,
      sessions,
      duration,
      rate,
      workloads,
      run,
      folder,
      key,
      schedule: [],
      ...(compress === undefined ? {} : { compress }),
      ...(affinity === undefined ? {} : { affinity }),
    },
    learned,
  };
}

/** Sends the time whenever the worker requests it. Resolves when the worker is ready or has ended. */
function untilReady(thread: Worker): Promise<void> {
  return new Promise(resolve => {
    thread.on('message', (report: WorkerReport) => {
      if (report === 'time') thread.postMessage(performance.timeOrigin + performance.now());
      else resolve();
    });
    thread.once('exit', () => resolve());
  });
}
