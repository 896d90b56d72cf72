/** linearizability: per object, each operation takes effect at one point between its call and its return. */
import {
  Anomalies,
  type Check,
  type Conclusion,
  type Counts,
  conclude,
  counted,
  ENOUGH_HANDOFFS,
  type Finding,
  type Fold,
  grouped,
  reader,
  type Tell,
} from '../check.ts';
import { precedes } from '../clocks.ts';
import type { Event, Operation, Start } from '../history.ts';
import { Scoped } from '../scoped.ts';
import { type Stretch, Stretches } from '../search/stretches.ts';
import { judgeStretch, nonlinear, type StretchVerdict } from '../search/witness.ts';
import type { SessionState, Standing } from '../sessions.ts';
import { changesData } from './data.ts';

const BUDGET = 1_000_000;
const LEAST_BUDGET = 10_000;
const LONGEST = 100_000;

/** The least evidence. */
interface Least {
  /** Requests that overlap a write of the same object: without them the order is given. */
  overlaps: number;
  /** Requests on another instance than the one before. */
  handoffs: number;
  reads: number;
  /** Placements that the search may try for one stretch; less after each that ran out. */
  budget?: number;
  /** Operations of one object that are kept at most while nothing allows to judge them. */
  longest?: number;
}

/** For histories of other systems, which name no instances: whoever recorded them knows what they are worth. */
export const linearizabilityOf = (least: Least): Check => ({
  guarantee: 'linearizability',
  assumes: 'all writes of an object are recorded, and a read shows its whole state',
  minimum:
    `${least.overlaps} requests that overlap a write of the same object, ` +
    `and ${least.handoffs} on another instance than the one before`,
  start: (_run, tell) => new Linearizability(least, tell),
  conclude: counts => concluded(counts, least),
});

export const linearizability = linearizabilityOf({ overlaps: 10, handoffs: ENOUGH_HANDOFFS, reads: 1 });

/** One object: its stretches, and what tells how much was put to the test. */
interface Watched {
  stretches: Stretches;
  operations: number;
  /** The operation that returned last, and the write. */
  last?: Operation;
  wrote?: Operation;
  open: number;
}

class Linearizability implements Fold {
  readonly #least: Least;
  readonly #anomalies: Anomalies;
  readonly #objects = new Scoped<Watched>(kind => ({
    stretches: new Stretches(kind),
    operations: 0,
    open: 0,
  }));
  readonly #unjudged: Record<Exclude<StretchVerdict, 'ok' | 'violated'>, number> = {
    budget: 0,
    late: 0,
    clocks: 0,
  };
  #closed = 0;
  #operations = 0;
  #reads = 0;
  #overlaps = 0;
  #crossed = 0;
  #lost = 0;
  #budget: number;
  readonly #longest: number;

  constructor(least: Least, tell?: Tell) {
    this.#least = least;
    this.#budget = least.budget ?? BUDGET;
    this.#longest = least.longest ?? LONGEST;
    this.#anomalies = new Anomalies(tell);
  }

  started(start: Start): void {
    if (start.object === undefined) return;
    const changes = changesData(start);
    // A read has no such line from us; a history of others may have one.
    if (!changes && start.action !== 'read') return;
    const watched = this.#objects.of(start.object);
    if (changes) watched.open++;
    watched.stretches.started(start);
  }

  ended(operation: Operation, standing: Standing): void {
    if (standing.session.lost === operation) this.#lost++;
    if (operation.object === undefined) return;
    const reads = operation.action === 'read';
    if (!reads && !changesData(operation)) return;
    const watched = this.#objects.of(operation.object);
    if (!reads) watched.open--;
    const certain = operation.outcome === 'ok' && standing.live && standing.session.lost === undefined;
    if (reads && (!certain || operation.saw === undefined)) {
      watched.stretches.skipped(operation);
      return;
    }
    if (certain) this.#count(operation, watched);
    const stretch = watched.stretches.ended(operation, certain);
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
    const verdict = judgeStretch(stretch, this.#budget);
    if (verdict === 'violated') this.#anomalies.add(() => nonlinear(stretch));
    else if (verdict !== 'ok') this.#unjudged[verdict]++;
    if (verdict === 'budget') this.#budget = Math.max(LEAST_BUDGET, this.#budget / 2);
  }

  #giveUp({ stretches }: Watched): void {
    if (!stretches.closed) this.#judge(stretches.rest());
    stretches.closed = true;
  }

  #end({ stretches }: Watched): void {
    if (stretches.closed) this.#closed++;
    else this.#judge(stretches.rest());
  }

  event(event: Event): void {
    if (event.type === 'object') this.#objects.declared(event);
  }

  sessionEnded({ session }: SessionState): void {
    for (const watched of this.#objects.ended(session)) this.#end(watched);
  }

  counts(): Counts {
    return {
      operations: this.#operations,
      reads: this.#reads,
      overlaps: this.#overlaps,
      crossed: this.#crossed,
      lost: this.#lost,
      ...this.#unjudged,
      closed: this.#closed,
      nonlinear: this.#anomalies.count,
    };
  }

  finish(): Finding {
    for (const watched of this.#objects.all()) this.#end(watched);
    return { ...concluded(this.counts(), this.#least), anomalies: this.#anomalies.kept };
  }
}

const later = (a: Operation | undefined, b: Operation): Operation =>
  a === undefined || (b.return ?? b.call) >= (a.return ?? a.call) ? b : a;

function concluded(counts: Counts, least: Least): Conclusion {
  const of = reader(counts);
  const rests = {
    operations: of('operations'),
    overlapping: of('overlaps'),
    'on another instance': of('crossed'),
  };
  const finding =
    of('nonlinear') === 0
      ? `${grouped(of('operations'))} requests on data have an order that explains every answer`
      : `in ${counted(of('nonlinear'), 'place')} no order explains the answers`;
  return conclude(of('nonlinear'), missing(counts, least), rests, finding);
}

function missing(counts: Counts, least: Least): string | undefined {
  const of = reader(counts);
  if (of('lost') > 0)
    return `continuity is broken in ${counted(of('lost'), 'session')}: what became of its data cannot be told`;
  if (of('budget') > 0)
    return `in ${counted(of('budget'), 'place')} the order took too many steps to decide: use fewer requests at once, or values that are unique`;
  if (of('closed') > 0)
    return `${counted(of('closed'), 'object')} could not be followed: written in another order than it happened, filled to the app's cap, or never quiet`;
  if (of('late') > 0)
    return `${counted(of('late'), 'read')} took so long that the writes before it were already judged`;
  if (of('clocks') > 0)
    return `in ${counted(of('clocks'), 'place')} the order hangs on clocks that are too far apart: record with one clock`;
  if (of('reads') < least.reads)
    return 'no read of data was recorded: give the target file a probe with `read` and `add`';
  if (of('overlaps') < least.overlaps)
    return `${counted(of('overlaps'), 'request')} overlapped a write of the same object, ${least.overlaps} are needed: run the workload \`burst\``;
  if (of('crossed') < least.handoffs)
    return `${counted(of('crossed'), 'request')} on another instance than the one before, ${least.handoffs} are needed: run at least two instances`;
  return undefined;
}
