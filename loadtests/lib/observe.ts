/** What one virtual user sees, judged as it goes: events → core judge → metrics, and lines of a history. */
import exec from 'k6/execution';
import type { Event } from '../../verify/core/history.ts';
import type { Seen } from '../../verify/core/interpret.ts';
import { Judge } from '../../verify/core/judge.ts';
import { TRIED } from '../../verify/core/reach.ts';
import { nothingRepeated, type Repeated } from '../../verify/core/repeats.ts';
import { BROKE, type Figure, failureOf, type Judged, OTHER, TAGGED } from '../../verify/core/sums/figures.ts';
import type { Anomaly } from '../../verify/core/verdict.ts';
import { add } from './metrics.ts';
import { type Shared, writeLine } from './run.ts';
import type { Settings } from './settings.ts';

/** A counter that follows a count of a check. */
interface Raised {
  readonly metric: string;
  /** Index of the check. */
  readonly check: number;
  readonly name: string;
  readonly tags: Record<string, string> | undefined;
  readonly repeated: keyof Repeated | undefined;
  /** What was added to the counter so far. */
  added: number;
}

function raisedFrom({ checks, figures }: Judged, instances: readonly string[], first: boolean): Raised[] {
  const indexOf = (guarantee: string): number => checks.findIndex(check => check.guarantee === guarantee);
  const own = figures.filter(({ perAccount }) => !perAccount || first);
  const raised = own.map(({ metric, repeated, counts: [[guarantee, name]] }: Figure) => {
    return { metric, check: indexOf(guarantee), name, tags: undefined, repeated, added: 0 };
  });
  const check = indexOf('logout-final');
  if (check === -1) return raised;
  const { metric, tag } = TAGGED.replayed;
  return [
    ...raised,
    ...instances.map(instance => ({
      metric,
      check,
      name: TRIED + instance,
      tags: { [tag]: instance },
      repeated: undefined,
      added: 0,
    })),
  ];
}

/** What is to be added to one value of a tagged counter. */
interface Waiting {
  readonly metric: string;
  readonly tags: Record<string, string>;
  count: number;
}

/** What is to be added to a tagged counter, by the value of its tag. */
class Counting {
  readonly #of: { readonly metric: string; readonly tag: string };
  readonly #all: Waiting[];
  readonly #known: ReadonlySet<string> | undefined;
  readonly #byName = new Map<string, Waiting>();
  #other: Waiting | undefined;

  /**
   * @param all where k6's counters get it from
   * @param known the values that the tag may have; all others are counted as one
   */
  constructor(of: { metric: string; tag: string }, all: Waiting[], known?: ReadonlySet<string>) {
    this.#of = of;
    this.#all = all;
    this.#known = known;
  }

  add(name: string): void {
    const waiting = this.#byName.get(name) ?? this.#begin(name);
    waiting.count++;
  }

  #begin(name: string): Waiting {
    if (this.#known?.has(name) === false) {
      // Not by its name: of such there may be any number.
      this.#other ??= this.#make(OTHER);
      return this.#other;
    }
    const made = this.#make(name);
    this.#byName.set(name, made);
    return made;
  }

  #make(value: string): Waiting {
    const made = { metric: this.#of.metric, tags: { [this.#of.tag]: value }, count: 0 };
    this.#all.push(made);
    return made;
  }
}

/** So many operations, or so long (microseconds), are counted here before k6 is told: each telling costs it 2 µs. */
const BATCH = 64;
const LATEST = 500_000;
/** A virtual user tells of its first operations one by one, and of the last: nobody tells it that it has ended. */
const FIRST = 2 * BATCH;

export class Observer {
  readonly #judge: Judge;
  readonly #settings: Settings;
  readonly #zero: number;
  readonly #raised: readonly Raised[];
  readonly #waiting: Waiting[] = [];
  readonly #counted: Record<'operations' | 'failed' | 'requests' | 'met', Counting>;
  /** What was counted without the judge. */
  readonly repeated = nothingRepeated();
  /** How many anomalies were told of. */
  broke = 0;
  #told = false;
  #operations = 0;
  #pending = 0;
  #flushed = 0;
  #urgent = false;
  #closing = false;

  /** @param user number of the virtual user, from 1 on; @param pool how many accounts there are */
  constructor({ run, zero }: Shared, settings: Settings, user: number, pool: number) {
    this.#judge = new Judge(run, settings.judged.checks, anomaly => this.#tell(anomaly), 'counts');
    this.#settings = settings;
    this.#zero = zero;
    const known = new Set(settings.instances);
    this.#counted = {
      operations: new Counting(TAGGED.operations, this.#waiting),
      failed: new Counting(TAGGED.failed, this.#waiting),
      requests: new Counting(TAGGED.requests, this.#waiting, known),
      met: new Counting(TAGGED.met, this.#waiting, known),
    };
    this.#raised = raisedFrom(settings.judged, settings.instances, user <= pool);
  }

  /** Takes in an event: into the history, and before the judge. */
  step(event: Event): void {
    this.write(event);
    this.judge(event);
  }

  write(event: Event): void {
    if (this.#settings.history) writeLine(event);
  }

  /** @returns whether it shows nothing that breaks a guarantee, as far as the first few of each kind are concerned */
  judge(event: Event): boolean {
    const { broke } = this;
    this.#judge.step(event);
    return this.broke === broke;
  }

  /**
   * Counts an operation whose end was taken in.
   *
   * @param first whether its session has not met the instance before
   * @param now time of its return, microseconds
   */
  count({ outcome, status, instance }: Seen, first: boolean, now: number): void {
    const counted = this.#counted;
    counted.operations.add(outcome);
    if (outcome !== 'ok') counted.failed.add(failureOf(status));
    if (instance !== undefined) {
      counted.requests.add(instance);
      if (first) counted.met.add(instance);
    }
    this.#operations++;
    const due = ++this.#pending >= BATCH || now - this.#flushed >= LATEST;
    if (due || this.#closing || this.#urgent || this.#operations <= FIRST) this.flush(now);
  }

  /** Tells k6 what was counted, and brings each counter up to what the checks have counted. */
  flush(now: number): void {
    for (const waiting of this.#waiting) {
      if (waiting.count > 0) add(waiting.metric, waiting.count, waiting.tags);
      waiting.count = 0;
    }
    const counts = this.#judge.counts();
    for (const raised of this.#raised) {
      const judged = counts[raised.check]?.counts[raised.name] ?? 0;
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

  /** The first thing that breaks, once for each virtual user. A history holds all of it, and nothing else. */
  #tell({ name, guarantee, session, user, summary }: Anomaly): void {
    // Within a window its budget decides, at the end of the run.
    if (guarantee === 'availability' && this.#settings.judged.window !== undefined) return;
    this.broke++;
    this.#urgent = true;
    add(BROKE, Date.now() - this.#zero, { guarantee });
    if (this.#told || this.#settings.history) return;
    this.#told = true;
    console.warn(`${name}  ${guarantee}  session ${session}  user ${user}: ${summary}`);
  }
}

/** Whether the scenario ends before the next batch would be told of. */
function isClosing(): boolean {
  const { progress, startTime } = exec.scenario;
  const elapsed = Date.now() - startTime;
  return progress > 0 && elapsed / progress - elapsed < (2 * LATEST) / 1000;
}
