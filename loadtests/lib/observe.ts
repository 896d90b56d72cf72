/** Judges the events of one virtual user, counts them in k6's metrics, and writes them to a history. */
import exec from 'k6/execution';
import type { Event } from '../../verify/core/history/history.ts';
import type { Seen } from '../../verify/core/response/interpret.ts';
import type { Anomaly } from '../../verify/core/result/verdict.ts';
import { BROKE, failureOf, type Judged, OTHER, TAGGED } from '../../verify/core/sums/figures.ts';
import { type ComparedWith, Repeated } from '../../verify/core/sums/repeats.ts';
import { Judge } from '../../verify/core/timeline/judge.ts';
import { add } from './metrics.ts';
import { type Shared, writeLine } from './run.ts';
import type { Settings } from './settings.ts';

/** A k6 counter that shows one count of Baton's judge, such as the number of lost sessions. */
interface Raised {
  readonly metric: string;
  /** Position of the check among the judged checks. */
  readonly check: number;
  readonly name: string;
  readonly instance?: string;
  readonly tags?: Record<string, string>;
  readonly repeated?: keyof Repeated | undefined;
  /** The part of the count that was already added to the k6 counter. */
  added: number;
}

/**
 * Returns the k6 counters of one virtual user.
 * @param first true for the first virtual user of an account: only this virtual user adds the account's counts
 */
function raisedFrom({ checks, figures }: Judged, instances: readonly string[], first: boolean): Raised[] {
  const raised = (guarantee: string, more: Omit<Raised, 'check' | 'added'>): Raised[] => {
    const check = checks.findIndex(one => one.guarantee === guarantee);
    return check === -1 ? [] : [{ ...more, check, added: 0 }];
  };
  const own = figures.filter(({ perAccount }) => !perAccount || first);
  const { metric, tag } = TAGGED.replayed;
  return [
    ...own.flatMap(({ metric, repeated, count: name, of }) => raised(of[0], { metric, name, repeated })),
    ...instances.flatMap(instance =>
      raised('logout-final', { metric, name: 'tried', instance, tags: { [tag]: instance } }),
    ),
  ];
}

interface Waiting {
  readonly metric: string;
  readonly tags: Record<string, string>;
  count: number;
}

/**
 * Returns a function that counts how often each value of a tag occurs.
 * @param known valid values of the tag; every other value counts as `other`
 */
function counting(of: { metric: string; tag: string }, all: Waiting[], known?: readonly string[]) {
  const byValue = new Map<string, Waiting>();
  return (value: string): void => {
    let waiting = byValue.get(value);
    if (waiting === undefined) {
      const name = known?.includes(value) === false ? OTHER : value;
      waiting = byValue.get(name) ?? { metric: of.metric, tags: { [of.tag]: name }, count: 0 };
      if (waiting.count === 0 && !all.includes(waiting)) all.push(waiting);
      byValue.set(name, waiting);
    }
    waiting.count++;
  };
}

/** Sends counts to k6 in batches, after BATCH operations or LATEST microseconds: each call to k6 takes 2 µs. */
const BATCH = 64;
const LATEST = 500_000;
/**
 * Number of operations whose counts are sent to k6 without batches. k6 calls no function when a virtual user ends, so a
 * short run would lose an unfinished batch.
 */
const FIRST = 2 * BATCH;

export class Observer {
  readonly #judge: Judge;
  readonly #settings: Settings;
  readonly #zero: number;
  readonly #raised: readonly Raised[];
  readonly #waiting: Waiting[] = [];
  readonly #counted: Record<'operations' | 'failed' | 'requests' | 'met', (value: string) => void>;
  /** Counts the reads that were not passed to the judge, because they only repeat the judge's last read. */
  readonly repeated = new Repeated();
  broke = 0;
  #warned = false;
  #operations = 0;
  #pending = 0;
  #flushed = 0;
  #urgent = false;
  #closing = false;

  /**
   * @param user number of the virtual user, from 1 on
   * @param pool number of accounts; with more virtual users, several share an account
   */
  constructor({ run, zero }: Shared, settings: Settings, user: number, pool: number) {
    this.#judge = new Judge(run, settings.judged.checks, anomaly => this.#found(anomaly), 'counts');
    this.#settings = settings;
    this.#zero = zero;
    const { instances: known } = settings;
    this.#counted = {
      operations: counting(TAGGED.operations, this.#waiting),
      failed: counting(TAGGED.failed, this.#waiting),
      requests: counting(TAGGED.requests, this.#waiting, known),
      met: counting(TAGGED.met, this.#waiting, known),
    };
    this.#raised = raisedFrom(settings.judged, settings.instances, user <= pool);
  }

  step(event: Event): void {
    this.write(event);
    this.judge(event);
  }

  write(event: Event): void {
    if (this.#settings.history) writeLine(event);
  }

  /** Judges an event. Returns true if there is no anomaly. */
  judge(event: Event): boolean {
    const { broke } = this;
    this.#judge.step(event);
    return this.broke === broke;
  }

  /** The writes and reads with which the judge compared the most recent read. */
  get compared(): ComparedWith | undefined {
    return this.#judge.reads;
  }

  /**
   * Counts an operation that has ended.
   * @param first true if this is the session's first contact with the instance
   * @param now time of the response, microseconds
   */
  count({ outcome, status, instance }: Seen, first: boolean, now: number): void {
    const counted = this.#counted;
    counted.operations(outcome);
    if (outcome !== 'ok') counted.failed(failureOf(status));
    if (instance !== undefined) {
      counted.requests(instance);
      if (first) counted.met(instance);
    }
    this.#operations++;
    const due = ++this.#pending >= BATCH || now - this.#flushed >= LATEST;
    if (due || this.#closing || this.#urgent || this.#operations <= FIRST) this.flush(now);
  }

  flush(now: number): void {
    for (const waiting of this.#waiting) {
      if (waiting.count > 0) add(waiting.metric, waiting.count, waiting.tags);
      waiting.count = 0;
    }
    const counts = this.#judge.counts();
    for (const raised of this.#raised) {
      const count = counts[raised.check]?.counts[raised.name] ?? 0;
      const judged = Number(typeof count === 'number' ? count : (count[raised.instance ?? ''] ?? 0));
      const total = raised.repeated === undefined ? judged : judged + this.repeated[raised.repeated];
      if (total <= raised.added) continue;
      add(raised.metric, total - raised.added, raised.tags);
      raised.added = total;
    }
    this.#pending = 0;
    this.#flushed = now;
    this.#urgent = false;
    this.#closing ||= isClosing();
  }

  /** Prints only the first violation of this virtual user. A history, if written, already contains all violations. */
  #found({ name, guarantee, session, user, summary }: Anomaly): void {
    // If the whole run counts as one fault, its failed requests are compared with the fault's budget at the end.
    if (guarantee === 'availability' && this.#settings.judged.window !== undefined) return;
    this.broke++;
    this.#urgent = true;
    add(BROKE, Date.now() - this.#zero, { guarantee });
    if (this.#warned || this.#settings.history) return;
    this.#warned = true;
    console.warn(`${name}  ${guarantee}  session ${session}  user ${user}: ${summary}`);
  }
}

/** Returns true near the end of the scenario, when counts in an unfinished batch would be lost. */
function isClosing(): boolean {
  const { progress, startTime } = exec.scenario;
  const elapsed = Date.now() - startTime;
  return progress > 0 && elapsed / progress - elapsed < (2 * LATEST) / 1000;
}
