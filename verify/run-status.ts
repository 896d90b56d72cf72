/** Counts and judges a run in progress, for the terminal, the page of `--ui` and the metrics. */
import type { Check } from './core/checks/check.ts';
import { CHECKS } from './core/checks/index.ts';
import { titleOf } from './core/faults/window.ts';
import type { Event, Operation, Run } from './core/history/history.ts';
import { bucketOf } from './core/result/latency.ts';
import type { Anomaly } from './core/result/verdict.ts';
import { FAILURES, failureOf, OTHER } from './core/sums/figures.ts';
import { Judge } from './core/timeline/judge.ts';

/** Maximum number of instances with separate counts. */
const INSTANCES = 24;

/** The checks that judge during the run: all except linearizability, whose search may delay requests. */
const LIVE = CHECKS.filter(({ guarantee }) => guarantee !== 'linearizability');

export class RunStatus {
  run: Run | undefined;
  requests = 0;
  signedOut = 0;
  /** Number of requests without a response, or with a status of 500 or more. */
  failed = 0;
  readonly instances = new Map<string, number>();
  readonly outcomes = { ok: 0, fail: 0, info: 0 };
  readonly failures = new Map<string, number>(FAILURES.map(how => [how, 0]));
  /** Key: a range of response times; value: number of successful requests in this range. */
  readonly times = new Map<number, number>();
  readonly live = new Set<string>();
  /** Number of lost sessions, after which the client logged in again. */
  lost = 0;
  /** Key: id of an active fault; value: its title. */
  readonly faults = new Map<number, string>();
  /** Number of faults that have begun, including those that have ended. */
  begun = 0;
  /** The first anomalies of each guarantee; empty if the run has no judge. */
  readonly anomalies: Anomaly[] = [];
  readonly #more: ((run: Run) => Check)[] = [];
  readonly #onTrouble: ((text: string) => void) | undefined;
  readonly #workers: number;
  #judge: Judge | undefined;

  /**
   * @param onTrouble called if the judge fails; the run continues without a judge. If absent, there is no judge
   * @param workers number of worker threads. Only requests of the first worker are counted
   */
  constructor(onTrouble?: (text: string) => void, workers = 1) {
    this.#onTrouble = onTrouble;
    this.#workers = workers;
  }

  /** Name of the worker whose requests are counted, such as `worker 1 of 4`; undefined if there is only one worker. */
  get worker(): string | undefined {
    return this.#workers > 1 ? `worker 1 of ${this.#workers}` : undefined;
  }

  /** Adds a check to the judge. Call this before the run. */
  add(check: (run: Run) => Check): void {
    this.#more.push(check);
  }

  /** The counts of each check so far. */
  get counts(): ReturnType<Judge['counts']> {
    return this.#judge?.counts() ?? [];
  }

  /** Number of lost sessions, counted by the judge, or by the clients if there is no judge. */
  get losses(): number {
    const judged = this.counts.find(({ guarantee }) => guarantee === 'continuity')?.counts['lost'];
    return typeof judged === 'number' ? judged : this.lost;
  }

  operation({ signedIn, status, note, outcome, instance, call, return: end }: Operation): void {
    this.requests++;
    this.outcomes[outcome]++;
    if (signedIn === 'out') this.signedOut++;
    if (outcome === 'ok' && end !== undefined) increment(this.times, bucketOf(end - call));
    if (outcome !== 'ok') increment(this.failures, failureOf(status));
    if ((status === undefined && note !== 'aborted') || (status ?? 0) >= 500) this.failed++;
    if (instance === undefined) return;
    const known = this.instances.has(instance) || this.instances.size < INSTANCES;
    increment(this.instances, known ? instance : OTHER);
  }

  /** Counts and judges the next event. Never throws. */
  event(event: Event): void {
    if (event.type === 'session') {
      if (event.event === 'born') this.live.add(event.session);
      if (event.event === 'ended' && this.live.delete(event.session) && event.reason === 'lost') this.lost++;
    }
    if (event.type === 'fault') {
      if (event.end !== undefined) this.faults.delete(event.id);
      else if (!this.faults.has(event.id)) {
        this.begun++;
        this.faults.set(event.id, titleOf(event));
      }
    }
    try {
      this.#step(event);
    } catch (error) {
      this.#judge = undefined;
      this.#onTrouble?.(
        `no more anomalies are shown during the run, because judging failed: ${(error as Error).message}`,
      );
    }
  }

  #step(event: Event): void {
    if (event.type !== 'run') {
      this.#judge?.step(event);
      return;
    }
    this.run = event;
    if (this.#onTrouble === undefined) return;
    const checks = [...LIVE, ...this.#more.map(check => check(event))];
    this.#judge = new Judge(event, checks, anomaly => this.anomalies.push(anomaly));
  }
}

function increment<Key>(counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
