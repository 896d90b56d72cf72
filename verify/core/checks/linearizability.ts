/** Checks linearizability: each operation on an object takes effect at one moment between its call and its return. */

import type { Operation, Start } from '../history/history.ts';
import type { Started, TrackedObject } from '../objects/tracked-object.ts';
import { counted, grouped } from '../result/format.ts';
import { type Stretch, Stretches } from '../search/stretches.ts';
import { Undecided } from '../search/undecided.ts';
import { judgeStretch, nonlinear, type StretchVerdict } from '../search/witness.ts';
import { precedes } from '../timeline/clocks.ts';
import type { Standing } from '../timeline/sessions.ts';
import {
  Anomalies,
  type Check,
  type Conclusion,
  type Counts,
  conclude,
  ENOUGH_HANDOFFS,
  type Finding,
  type Fold,
  type OnAnomaly,
  reader,
} from './check.ts';

/** Maximum placements in the first search of a stretch. Each undecided stretch halves this limit for the next ones. */
const FIRST = 1_000_000;
const LEAST_FIRST = 10_000;
/** Maximum placements in all searches after the end of the history together. */
const AFTERWARDS = 20_000_000;
/** Maximum number of operations of one object that are kept without a cut. */
const LONGEST = 100_000;

/** The minimum evidence for a valid verdict. */
interface Least {
  /** Number of requests that overlap a write of the same object. Without overlaps only one order is possible. */
  overlaps: number;
  /** Number of requests on a different instance than the request before. */
  handoffs: number;
  reads: number;
  /** Maximum number of operations of one object that are kept while they cannot be judged. */
  longest?: number;
}

/** The limits of the searches. */
export interface Searching {
  /** Maximum placements in the first search of a stretch. */
  first?: number;
  /** Maximum placements in all searches after the end of the history together. */
  steps?: number;
  /** Polled after the end of the history. Returns true when there is no time left. */
  isLate?: () => boolean;
  /** If true, every undecided object is searched, even after a violation of another object. */
  allObjects?: boolean;
}

/** Makes the check with other minimum evidence or other search limits. */
export const linearizabilityOf = (least: Least, searching: Searching = {}): Check => ({
  guarantee: 'linearizability',
  assumes:
    'all writes of an object are recorded but those of other runs, whose values are ignored; a read shows its whole state',
  minimum:
    `${least.overlaps} requests that overlap a write of the same object, ` +
    `and ${least.handoffs} on another instance than the one before`,
  start: (_run, onAnomaly) => new Linearizability(least, searching, onAnomaly),
  conclude: counts => concluded(counts, least),
});

const LEAST: Least = { overlaps: 10, handoffs: ENOUGH_HANDOFFS, reads: 1 };

export const linearizability = linearizabilityOf(LEAST);

/** Makes a check like `linearizability`, but with other search limits. */
export const linearizabilityWithin = (searching: Searching): Check => linearizabilityOf(LEAST, searching);

/** The stretches of one object, and the facts from which its evidence is counted. */
interface Watched {
  stretches: Stretches;
  /** The operation that returned last, and the write that returned last. */
  last?: Operation;
  wrote?: Operation;
  /** Number of writes in flight. */
  open: number;
}

class Linearizability implements Fold {
  readonly #least: Least;
  readonly #searching: Searching;
  readonly #anomalies: Anomalies;
  readonly #objects = new Map<TrackedObject, Watched>();
  readonly #undecided = new Undecided();
  #late = 0;
  #clocks = 0;
  #closed = 0;
  #operations = 0;
  #reads = 0;
  #overlaps = 0;
  #crossed = 0;
  #lost = 0;
  #first: number;
  /** Set after the end of the history. */
  #isLate: (() => boolean) | undefined;
  readonly #longest: number;

  constructor(least: Least, searching: Searching, onAnomaly?: OnAnomaly) {
    this.#least = least;
    this.#searching = searching;
    this.#first = searching.first ?? FIRST;
    this.#longest = least.longest ?? LONGEST;
    this.#anomalies = new Anomalies(onAnomaly);
  }

  #of(object: TrackedObject): Watched {
    let watched = this.#objects.get(object);
    if (watched === undefined) {
      watched = { stretches: new Stretches(object.declared), open: 0 };
      this.#objects.set(object, watched);
    }
    return watched;
  }

  started(start: Start, data: Started | undefined): void {
    // Baton writes no start line for a read, but the history of another recorder may have one.
    if (data === undefined || (data.write === undefined && start.action !== 'read')) return;
    const watched = this.#of(data.object);
    if (data.write !== undefined) watched.open++;
    watched.stretches.started(start);
  }

  ended(operation: Operation, { session, data }: Standing): void {
    if (session.lost === operation) this.#lost++;
    if (data === undefined || (data.write === undefined && operation.action !== 'read')) return;
    const watched = this.#of(data.object);
    const { certain, write } = data;
    if (write !== undefined) watched.open--;
    else if (!certain) {
      watched.stretches.skipped(operation);
      return;
    }
    const stretch = watched.stretches.ended(operation, certain);
    if (certain && watched.stretches.judges) this.#count(operation, watched);
    if (stretch !== undefined) this.#judge(stretch);
    if (watched.stretches.length > this.#longest) this.#giveUp(watched);
  }

  #count(operation: Operation, watched: Watched): void {
    const { last, wrote } = watched;
    this.#operations++;
    if (operation.action === 'read') this.#reads++;
    const against = operation.action === 'read' ? wrote : last;
    if (watched.open > 0 || (against !== undefined && !precedes(against, operation))) this.#overlaps++;
    const { instance } = operation;
    if (last?.instance !== undefined && instance !== undefined && last.instance !== instance) this.#crossed++;
    watched.last = later(last, operation);
    if (operation.action !== 'read') watched.wrote = later(wrote, operation);
  }

  #judge(stretch: Stretch): void {
    const { verdict } = judgeStretch(stretch, { steps: this.#first, isLate: this.#isLate });
    this.#judged(stretch, verdict);
    if (verdict !== 'budget') return;
    this.#undecided.add(stretch);
    this.#first = Math.max(Math.min(LEAST_FIRST, this.#first), this.#first / 2);
  }

  #judged(stretch: Stretch, verdict: StretchVerdict): void {
    if (verdict === 'violated') this.#anomalies.add(() => nonlinear(stretch, this.#isLate));
    if (verdict === 'late') this.#late++;
    if (verdict === 'clocks') this.#clocks++;
  }

  #giveUp({ stretches }: Watched): void {
    if (!stretches.closed) this.#judge(stretches.rest());
    stretches.closed = true;
  }

  #end({ stretches }: Watched): void {
    if (stretches.closed) this.#closed++;
    else this.#judge(stretches.rest());
  }

  objectEnded(object: TrackedObject): void {
    const watched = this.#objects.get(object);
    this.#objects.delete(object);
    if (watched !== undefined) this.#end(watched);
  }

  counts(): Counts {
    return {
      operations: this.#operations,
      reads: this.#reads,
      overlaps: this.#overlaps,
      crossed: this.#crossed,
      lost: this.#lost,
      budget: this.#undecided.count,
      late: this.#late,
      clocks: this.#clocks,
      closed: this.#closed,
      nonlinear: this.#anomalies.count,
    };
  }

  finish(): Finding {
    const { steps = AFTERWARDS, isLate, allObjects = false } = this.#searching;
    this.#isLate = isLate;
    const rest = [...this.#objects.values()].sort((a, b) => a.stretches.length - b.stretches.length);
    for (const watched of rest) this.#end(watched);
    const isDone = (): boolean => this.#anomalies.count > 0 && !allObjects;
    if (!isDone()) {
      this.#undecided.search({ steps, isLate }, (stretch, verdict) => {
        this.#judged(stretch, verdict);
        return !isDone();
      });
    }
    return {
      ...concluded(this.counts(), this.#least, this.#undecided.describe()),
      anomalies: this.#anomalies.kept,
    };
  }
}

const later = (a: Operation | undefined, b: Operation): Operation =>
  a === undefined || (b.return ?? b.call) >= (a.return ?? a.call) ? b : a;

/** @param undecided names of the objects that the searches left undecided */
function concluded(counts: Counts, least: Least, undecided = ''): Conclusion {
  const of = reader(counts);
  const rests = {
    operations: of('operations'),
    overlapping: of('overlaps'),
    'on another instance': of('crossed'),
  };
  const left = of('budget') === 0 ? '' : `; ${undecidedIn(of('budget'), undecided)}`;
  const finding =
    of('nonlinear') === 0
      ? `${grouped(of('operations'))} requests on data have an order that explains every response`
      : `in ${counted(of('nonlinear'), 'place')} no order explains the responses${left}`;
  return conclude(of('nonlinear'), missing(counts, least, undecided), rests, finding);
}

const undecidedIn = (places: number, names: string): string =>
  `the search for an order did not decide ${counted(places, 'place')}${names === '' ? '' : ` (${names})`}`;

function missing(counts: Counts, least: Least, undecided: string): string | undefined {
  const of = reader(counts);
  if (of('lost') > 0)
    return `continuity is broken in ${counted(of('lost'), 'session')}: the data of such sessions cannot be judged`;
  if (of('budget') > 0)
    return `${undecidedIn(of('budget'), undecided)}: give \`check\` a larger --budget, record fewer concurrent requests, or write unique values`;
  if (of('closed') > 0)
    return `${counted(of('closed'), 'object')} could not be followed: recorded out of order, filled beyond the app's cap, or never without requests in flight`;
  if (of('late') > 0)
    return `${counted(of('late'), 'read')} took so long that earlier writes were already judged`;
  if (of('clocks') > 0)
    return `in ${counted(of('clocks'), 'place')} the order depends on clocks that are too uncertain: record with one clock`;
  if (of('reads') < least.reads)
    return 'no read of data was recorded: give the target file a probe with `read`, and `add`, `set` or `increment`';
  if (of('overlaps') < least.overlaps)
    return `${counted(of('overlaps'), 'request')} overlapped a write of the same object, ${least.overlaps} are needed: run the workload \`burst\``;
  if (of('crossed') < least.handoffs)
    return `${counted(of('crossed'), 'request')} on another instance than the one before, ${least.handoffs} are needed: run at least two instances`;
  return undefined;
}
