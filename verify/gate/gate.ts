/** The canary gate: keeps sessions open while a new version of an app gets traffic, and judges the new version. */
import { setTimeout as sleep } from 'node:timers/promises';
import { seatsOf } from '../client/seats.ts';
import { CHECKS } from '../core/checks/index.ts';
import type { Event, Run } from '../core/history/history.ts';
import type { Guarantee } from '../core/result/guarantees.ts';
import { Judge } from '../core/timeline/judge.ts';
import { UsageError } from '../errors.ts';
import { verify } from '../run.ts';
import type { Target } from '../target/load.ts';
import { Cohorts } from './cohorts.ts';
import { type CanaryEvidence, type CanaryVerdict, decide, linesOf } from './decide.ts';

/** The guarantees that the gate can judge. It can judge them for any share of requests for the new version. */
const JUDGED: readonly Guarantee[] = [
  'continuity',
  'isolation',
  'read-your-writes',
  'monotonic-reads',
  'availability',
];

/** Interval at which a request that waits for a verdict reads the status, milliseconds. */
const LOOK = 100;

export interface GateOptions {
  /** Number of sessions that the gate keeps open. */
  sessions: number;
  /** Maximum number of requests per second that the gate sends. */
  rate: number;
  /** Maximum age of evidence that counts for the verdict `valid`, milliseconds. */
  window: number;
  /** Folder for the histories of the runs. */
  out: string;
  onStep?: (text: string) => void;
  /** The function that performs the run; {@link verify} by default. */
  run?: typeof verify;
}

export interface Status extends CanaryVerdict {
  /** `idle`: not started. `starting`: logs in. `running`: keeps sessions open. `stopped`: is ending or has ended. */
  readonly state: 'idle' | 'starting' | 'running' | 'stopped';
  /** One line for each pair of versions, such as "created on v1, served by v2: 0 of 50 lost". */
  readonly summary: readonly string[];
  readonly crossings: readonly {
    created: string;
    served: string;
    sessions: number;
    lost: number;
    requests: number;
  }[];
  readonly forms: readonly { page: string; served: string; accepted: number; refused: number }[];
  /** Name of the run, which is also the name of the folder with its history. */
  readonly run: string | undefined;
  /** Message of the error that ended the run; undefined if there was no error. */
  readonly error: string | undefined;
}

const NONE: Status = {
  ...{ state: 'idle', verdict: 'unknown', why: 'not started: POST /start starts the gate' },
  ...{ stable: undefined, canary: undefined, summary: [], crossings: [], forms: [] },
  ...{ run: undefined, error: undefined },
};

export class Gate {
  readonly #target: Target;
  readonly #options: GateOptions;
  #canary: CanaryRun | undefined;
  /** Resolves when the last start or stop is done. The next one waits for it, so that two runs never overlap. */
  #change: Promise<void> = Promise.resolve();

  /** @throws UsageError if the target file does not say how a response names the version of the app */
  constructor(target: Target, options: GateOptions) {
    if (target.instance?.version === undefined)
      throw new UsageError(
        'gate: expected `instance.version` in the target file, which says how a response names the version of the ' +
          'app, found none (docs/gate.md)',
      );
    const requests = Math.min(options.rate, target.limits?.requests ?? Number.POSITIVE_INFINITY);
    this.#target = {
      ...target,
      limits: { ...target.limits, requests },
      claims: target.claims.filter(name => JUDGED.includes(name)),
    };
    this.#options = options;
  }

  /** Ends an earlier run, and begins a new run with new logins. The promise resolves before the logins are complete. */
  start(): Promise<void> {
    return this.#after(async () => {
      await this.#canary?.stop();
      this.#canary = new CanaryRun(this.#target, this.#options);
    });
  }

  status(): Status {
    return this.#canary?.status() ?? NONE;
  }

  /** Returns the status as soon as `fits` returns true for it, after `wait` milliseconds, or when the signal aborts. */
  async statusWhen(fits: (status: Status) => boolean, wait: number, signal: AbortSignal): Promise<Status> {
    const until = performance.now() + wait;
    for (;;) {
      const status = this.status();
      if (fits(status) || performance.now() >= until || signal.aborted) return status;
      await sleep(LOOK);
    }
  }

  /** Ends the run: all sessions log out, and the history is completed. Returns the verdict from before the logouts. */
  stop(): Promise<CanaryVerdict> {
    return this.#after(async () => (await this.#canary?.stop()) ?? NONE);
  }

  #after<T>(change: () => Promise<T>): Promise<T> {
    const changed = this.#change.then(change);
    this.#change = changed.then(
      () => {},
      () => {},
    );
    return changed;
  }
}

/** One run of the gate: the sessions, from their logins to their logouts, and the verdict on the canary. */
class CanaryRun {
  readonly #target: Target;
  readonly #options: GateOptions;
  readonly #stop = new AbortController();
  readonly #violations: string[] = [];
  readonly #wanted: number;
  readonly #done: Promise<void>;
  #run: Run | undefined;
  #judge: Judge | undefined;
  /**
   * Counts of sessions, by the version that created and the version that served them. Undefined until the load begins.
   */
  #cohorts: Cohorts | undefined;
  #ended: number | undefined;
  /**
   * The end of the last operation on two clocks: microseconds on the clock of the run, and milliseconds of
   * `performance.now()`. The pair converts the present time to the clock of the run.
   */
  #latest = { run: 0, node: 0 };
  #error: string | undefined;
  /** The verdict at the first call of `stop`. Later calls return it, too. */
  #last: CanaryVerdict | undefined;

  constructor(target: Target, options: GateOptions) {
    this.#target = target;
    this.#options = options;
    this.#wanted = Math.min(options.sessions, seatsOf(target)?.capacity ?? options.sessions);
    this.#done = this.#load();
  }

  async #load(): Promise<void> {
    const { sessions, out, onStep, run = verify } = this.#options;
    try {
      const { folder } = await run(this.#target, {
        ...{ sessions, out, workloads: ['hop'], duration: Number.POSITIVE_INFINITY },
        signal: this.#stop.signal,
        apart: true,
        onEvent: event => this.#event(event),
        onPhase: phase => {
          if (phase === 'load' && this.#run !== undefined) this.#cohorts = new Cohorts(this.#run);
        },
        onOperation: operation => {
          this.#latest = { run: operation.return ?? operation.call, node: performance.now() };
          if (!this.#stop.signal.aborted) this.#cohorts?.ended(operation);
        },
      });
      onStep?.(`history: ${folder}`);
    } catch (error) {
      this.#error = (error as Error).message;
      onStep?.(this.#error);
    }
    this.#ended = performance.now();
  }

  #event(event: Event): void {
    if (event.type === 'run') {
      this.#run = event;
      this.#judge = new Judge(
        event,
        CHECKS.filter(({ guarantee }) => this.#target.claims.includes(guarantee)),
        ({ guarantee, summary }) => this.#violations.push(`${guarantee}: ${summary}`),
      );
    } else if (!this.#stop.signal.aborted) this.#judge?.step(structuredClone(event));
  }

  status(): Status {
    const run = this.#run?.run;
    const cohorts = this.#cohorts;
    const state = this.#state();
    if (cohorts === undefined)
      return {
        ...NONE,
        state,
        run,
        error: this.#error,
        why: this.#error ?? 'the gate logs in its sessions for the first time',
      };
    return {
      ...this.#verdict(cohorts),
      ...{ state, run, error: this.#error, summary: linesOf(cohorts), forms: cohorts.forms() },
      crossings: cohorts.crossings().map(({ since: _, ...crossing }) => crossing),
    };
  }

  /** Returns the verdict. It is never `valid` after the end of the run, when no request gives new evidence. */
  #verdict(cohorts: Cohorts): CanaryVerdict {
    const decided = decide(cohorts, this.#asked());
    if (!this.#isOver() || decided.verdict === 'violated') return decided;
    return {
      ...decided,
      verdict: 'unknown',
      why: this.#error ?? 'the run has ended: POST /start starts another one',
    };
  }

  #isOver(): boolean {
    return this.#ended !== undefined || this.#stop.signal.aborted;
  }

  #state(): Status['state'] {
    if (this.#isOver()) return 'stopped';
    return (this.#cohorts?.entered ?? 0) < this.#wanted ? 'starting' : 'running';
  }

  #asked(): CanaryEvidence {
    const { csrf, probes } = this.#target;
    const { run, node } = this.#latest;
    return {
      now: run + ((this.#ended ?? performance.now()) - node) * 1000,
      window: this.#options.window * 1000,
      forms: csrf !== undefined && probes.some(({ add, set }) => (add ?? set) !== undefined),
      violations: this.#violations,
    };
  }

  /** Ends the run. Returns the verdict from before the logouts. */
  async stop(): Promise<CanaryVerdict> {
    this.#last ??= this.status();
    this.#stop.abort();
    await this.#done;
    return this.#last;
  }
}
