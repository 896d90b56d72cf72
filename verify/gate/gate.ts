/** The canary gate: keeps sessions open while a new version gets traffic, and judges this version. */
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

/** Guarantees that the gate can judge, whatever share of requests goes to the new version. */
const JUDGED: readonly Guarantee[] = [
  'continuity',
  'isolation',
  'read-your-writes',
  'monotonic-reads',
  'availability',
];

const LOOK = 100;

export interface GateOptions {
  /** Number of sessions that the gate keeps open. */
  sessions: number;
  rate: number;
  /** Maximum age of evidence for the verdict `valid`, milliseconds. */
  window: number;
  out: string;
  onStep?: (text: string) => void;
  /** Performs the run; {@link verify} by default. */
  run?: typeof verify;
}

export interface Status extends CanaryVerdict {
  /** `idle`: not started. `starting`: logs in. `running`: keeps sessions open. `stopped`: is ending or has ended. */
  readonly state: 'idle' | 'starting' | 'running' | 'stopped';
  /** A line for each pair of versions, such as "sessions created on v1, served by v2: 0 of 50 lost". */
  readonly summary: readonly string[];
  readonly crossings: readonly {
    created: string;
    served: string;
    sessions: number;
    lost: number;
    requests: number;
  }[];
  readonly forms: readonly { page: string; served: string; accepted: number; refused: number }[];
  /** Name of the run and of the folder with its history. */
  readonly run: string | undefined;
  /** Message of the error that ended the run; undefined without an error. */
  readonly error: string | undefined;
}

const NONE: Status = {
  state: 'idle',
  verdict: 'unknown',
  why: 'not started: POST /start starts the gate',
  stable: undefined,
  canary: undefined,
  summary: [],
  crossings: [],
  forms: [],
  run: undefined,
  error: undefined,
};

export class Gate {
  readonly #target: Target;
  readonly #options: GateOptions;
  #canary: CanaryRun | undefined;
  /** The next start or stop waits for this promise, so that no two runs overlap. */
  #change: Promise<void> = Promise.resolve();

  /** @throws UsageError if responses do not name the version of the app */
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

  /** Ends the present run, if any, and begins a new one. Resolves before the logins are complete. */
  start(): Promise<void> {
    return this.#after(async () => {
      await this.#canary?.stop();
      this.#canary = new CanaryRun(this.#target, this.#options);
    });
  }

  status(): Status {
    return this.#canary?.status() ?? NONE;
  }

  /** Returns the status as soon as `fits` returns true for it, but at the latest after `wait` ms or an abort. */
  async statusWhen(fits: (status: Status) => boolean, wait: number, signal: AbortSignal): Promise<Status> {
    const until = performance.now() + wait;
    for (;;) {
      const status = this.status();
      if (fits(status) || performance.now() >= until || signal.aborted) return status;
      await sleep(LOOK);
    }
  }

  /** Logs out all sessions, and ends the run. Returns the verdict from before the logouts. */
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

class CanaryRun {
  readonly #target: Target;
  readonly #options: GateOptions;
  readonly #stop = new AbortController();
  readonly #violations: string[] = [];
  readonly #wanted: number;
  readonly #done: Promise<void>;
  #run: Run | undefined;
  #judge: Judge | undefined;
  #cohorts: Cohorts | undefined;
  #ended: number | undefined;
  /**
   * Time of the last operation: `run` on the run's clock, microseconds; `node` by `performance.now()`, milliseconds.
   * The difference converts the current time to the run's clock.
   */
  #latest = { run: 0, node: 0 };
  #error: string | undefined;
  /** The verdict at the first call of `stop`. Later calls return it too. */
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
        sessions,
        out,
        workloads: ['hop'],
        duration: Number.POSITIVE_INFINITY,
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
        why: this.#error ?? 'no verdict yet: the gate is logging in its sessions',
      };
    return {
      ...this.#verdict(cohorts),
      state,
      run,
      error: this.#error,
      summary: linesOf(cohorts),
      forms: cohorts.forms(),
      crossings: cohorts.crossings().map(({ since: _, ...crossing }) => crossing),
    };
  }

  /** After the end of the run, the verdict is never `valid`, because no request gives new evidence. */
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

  async stop(): Promise<CanaryVerdict> {
    this.#last ??= this.status();
    this.#stop.abort();
    await this.#done;
    return this.#last;
  }
}
