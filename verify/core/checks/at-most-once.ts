/** Checks at-most-once: no operation takes effect twice, for example because a balancer resends a request. */

import type { ObjectEvent, ObjectKind, Operation, Start } from '../history/history.ts';
import { countOf, putsIn, rises } from '../objects/models.ts';
import { acknowledged, type Write } from '../objects/overlaps.ts';
import type { Started, TrackedObject } from '../objects/tracked-object.ts';
import { counted, percent } from '../result/format.ts';
import { upperBound } from '../result/statistics.ts';
import type { Anomaly, WitnessStep } from '../result/verdict.ts';
import type { Standing } from '../timeline/sessions.ts';
import {
  Anomalies,
  type Check,
  type Conclusion,
  type Counts,
  conclude,
  type Finding,
  type Fold,
  type OnAnomaly,
  reader,
} from './check.ts';

const ENOUGH = 10;
/** Maximum number of adds that are kept for a witness. */
const KEPT = 64;

export const atMostOnce: Check = {
  guarantee: 'at-most-once',
  assumes:
    'all adds of an object are recorded, and the object is a bag or a counter, which shows a second effect',
  minimum: `${ENOUGH} acknowledged adds to a bag or counter, each with a read on another instance after it`,
  start: (_run, onAnomaly) => new AtMostOnce(onAnomaly),
  conclude: concluded,
};

/** Computes the maximum count of each value, or the maximum sum of a counter, if every add takes effect once. */
class Sums {
  /** Maximum count of each value; for a counter, its highest sum, under ''. An add counts from its call. */
  readonly most = new Map<string, number>();
  readonly kind: ObjectKind;
  /** The latest adds since the last read, for the witness. */
  adds: (Start | Operation)[] = [];
  /** By instance ('' if it is not known): the number of acknowledged adds since the last read. */
  readonly waiting = new Map<string, number>();
  /** The last read, for the witness. */
  last: Operation | undefined;
  /** True if the highest possible sum of a counter is known. */
  #known: boolean;
  #written = false;
  /** Number of sets, clears and decrements of a counter that are in flight. */
  #falls = 0;

  constructor({ kind, initial }: ObjectEvent) {
    this.kind = kind;
    this.#known = kind !== 'counter' || initial !== undefined;
    if (kind === 'counter') this.most.set('', countOf(initial));
    else for (const value of initial ?? []) this.#more(value, 1);
  }

  /** True if a read would show that an add took effect twice, and the highest possible state is known. */
  get counts(): boolean {
    return (this.kind === 'bag' || this.kind === 'list' || this.kind === 'counter') && this.#known;
  }

  #more(value: string, by: number): void {
    this.most.set(value, (this.most.get(value) ?? 0) + by);
  }

  started({ start, effect }: Write): void {
    this.#written = true;
    if (effect?.does === 'adds') this.#more(effect.value, 1);
    else if (effect?.does === 'counts' && rises(effect)) this.#more('', effect.by);
    else {
      if (this.kind === 'counter') this.#falling();
      else for (const value of putsIn(effect)) this.#more(value, 1);
      return;
    }
    this.adds.push(start);
    if (this.adds.length > KEPT) this.adds.shift();
  }

  /**
   * Called when a set, clear or decrement of a counter begins: the highest sum is no longer known. It is known again
   * after a set or clear that overlaps no other change.
   */
  #falling(): void {
    this.#falls++;
    this.#known = false;
    this.waiting.clear();
  }

  wrote(write: Write): void {
    const { effect } = write;
    if (this.kind !== 'counter' || effect === undefined || rises(effect)) return;
    this.#falls--;
    const alone = acknowledged(write) && this.#falls === 0 && write.rivals.length === 0;
    if (!alone || effect.does !== 'replaces') return;
    this.most.set('', countOf(effect.values));
    this.#known = true;
  }

  /** If the counter has had no write yet, takes the value that the read shows as its initial value. */
  learn(read: Operation): void {
    if (this.#known || this.#written) return;
    this.most.set('', countOf(read.saw));
    this.#known = true;
  }

  /** Returns how often a read shows each value; for a counter, its sum, under ''. */
  shownBy({ saw = [] }: Operation): ReadonlyMap<string, number> {
    const there = new Map<string, number>();
    if (this.kind === 'counter') return there.set('', countOf(saw));
    for (const value of saw) there.set(value, (there.get(value) ?? 0) + 1);
    return there;
  }
}

class AtMostOnce implements Fold {
  readonly #anomalies: Anomalies;
  readonly #objects = new Map<TrackedObject, Sums>();
  #judged = 0;
  #crossed = 0;
  #lost = 0;
  #uncountable = 0;

  constructor(onAnomaly?: OnAnomaly) {
    this.#anomalies = new Anomalies(onAnomaly);
  }

  #of(object: TrackedObject): Sums {
    let sums = this.#objects.get(object);
    if (sums === undefined) {
      sums = new Sums(object.declared);
      this.#objects.set(object, sums);
    }
    return sums;
  }

  started(_start: Start, data: Started | undefined): void {
    if (data?.write !== undefined) this.#of(data.object).started(data.write);
  }

  ended(operation: Operation, { session, data }: Standing): void {
    if (session.lost === operation) this.#lost++;
    if (data === undefined) return;
    const { object, write, certain } = data;
    const sums = this.#of(object);
    if (write !== undefined) sums.wrote(write);
    if (!certain) return;
    if (write === undefined) this.#read(operation, sums);
    else if (write.effect?.does === 'adds' || rises(write.effect)) this.#added(operation, sums);
  }

  #added(operation: Operation, { kind, counts, adds, waiting }: Sums): void {
    if (kind !== 'bag' && kind !== 'counter') {
      this.#uncountable++;
      return;
    }
    if (!counts) return;
    const { instance = '' } = operation;
    waiting.set(instance, (waiting.get(instance) ?? 0) + 1);
    const at = adds.findIndex(({ id }) => id === operation.id);
    if (at >= 0) adds[at] = operation;
  }

  #read(read: Operation, sums: Sums): void {
    sums.learn(read);
    // A set that shows a value twice does not prove that an add took effect twice.
    if (!sums.counts) return;
    const { kind, most, waiting } = sums;
    for (const [value, times] of sums.shownBy(read)) {
      const limit = most.get(value) ?? 0;
      if (times <= limit || (kind !== 'counter' && times < 2)) continue;
      this.#anomalies.add(() => double(read, value, limit, sums));
      // A later read is reported only if it shows the value even more often.
      most.set(value, times);
    }
    for (const [instance, count] of waiting) {
      this.#judged += count;
      if (instance !== '' && read.instance !== undefined && instance !== read.instance)
        this.#crossed += count;
    }
    waiting.clear();
    sums.adds = [];
    sums.last = read;
  }

  objectEnded(object: TrackedObject): void {
    this.#objects.delete(object);
  }

  counts(): Counts {
    return {
      judged: this.#judged,
      crossed: this.#crossed,
      lost: this.#lost,
      uncountable: this.#uncountable,
      double: this.#anomalies.count,
    };
  }

  finish(): Finding {
    return { ...concluded(this.counts()), anomalies: this.#anomalies.kept };
  }
}

function concluded(counts: Counts): Conclusion {
  const of = reader(counts);
  const finding =
    of('double') === 0
      ? `at most ${percent(upperBound(0, of('judged')))} of adds take effect twice`
      : `at least ${counted(of('double'), 'add')} took effect twice`;
  const rests = { 'adds counted': of('judged'), 'on another instance': of('crossed') };
  return conclude(of('double'), missing(counts), rests, finding);
}

function missing(counts: Counts): string | undefined {
  const of = reader(counts);
  if (of('lost') > 0) {
    return `continuity is broken in ${counted(of('lost'), 'session')}: the data of such sessions cannot be judged`;
  }
  if (of('crossed') >= ENOUGH) return undefined;
  if (of('judged') === 0 && of('uncountable') > 0) {
    return 'a set or a list without repeats cannot show that an add took effect twice: give the target file a probe that counts (`kind: bag` or `counter`)';
  }
  return (
    `${counted(of('crossed'), 'acknowledged add')} to a bag or counter with a read on another instance, ${ENOUGH} are ` +
    'needed: give the target file a probe that counts, run at least two instances, or run for longer'
  );
}

/** Maximum number of adds that a witness shows. */
const SHOWN = 4;

function double(read: Operation, value: string, limit: number, { kind, adds, last: before }: Sums): Anomaly {
  const counter = kind === 'counter';
  const of = adds.filter(add => counter || add.value === value).slice(-SHOWN);
  const steps: WitnessStep[] = of.map(add =>
    add.type === 'op'
      ? { operation: add, came: 'acknowledged' }
      : { operation: { ...add, type: 'op', outcome: 'info' }, came: 'may have happened' },
  );
  if (before !== undefined && (counter || of.length < limit)) {
    steps.unshift({ operation: before, came: `saw [${(before.saw ?? []).join(', ')}]` });
  }
  const came = counter
    ? String(read.saw?.[0])
    : `"${value}" ${read.saw?.filter(v => v === value).length} times`;
  return {
    name: 'DOUBLE',
    guarantee: 'at-most-once',
    session: read.session,
    user: read.user,
    summary: counter
      ? 'the counter is higher than all increments together: one took effect twice'
      : `a value is there more often than it was added: an add took effect twice`,
    witness: [
      ...steps,
      {
        operation: read,
        expected: counter
          ? `${limit} at most`
          : `"${value}" ${limit === 1 ? 'once' : `${limit} times`} at most`,
        came,
      },
    ],
    notes: [],
  };
}
