/** at-most-once: no operation takes effect twice, as when a balancer sends a request to a second instance. */
import {
  Anomalies,
  type Check,
  type Conclusion,
  type Counts,
  conclude,
  counted,
  type Finding,
  type Fold,
  percent,
  reader,
  type Tell,
} from '../check.ts';
import type { Event, ObjectEvent, Operation, Start } from '../history.ts';
import { Scoped } from '../scoped.ts';
import type { SessionState, Standing } from '../sessions.ts';
import { upperBound } from '../statistics.ts';
import type { Anomaly, WitnessStep } from '../verdict.ts';

const ENOUGH = 10;
/** Adds that are kept for a witness. */
const KEPT = 64;

export const atMostOnce: Check = {
  guarantee: 'at-most-once',
  assumes: 'all adds of an object are recorded; it is a bag or a counter, so that a second effect shows',
  minimum: `${ENOUGH} acknowledged adds to a bag or counter that a read on another instance followed`,
  start: (_run, tell) => new AtMostOnce(tell),
  conclude: concluded,
};

/** One object: how often each value, or how much in all, can be there if every add takes effect once. */
interface Sums {
  object: ObjectEvent;
  /** By value; of a counter the sum, under ''. Adds count from their call, whatever became of them. */
  most: Map<string, number>;
  /** The last adds that no read has counted yet, and the last read: what a witness needs. */
  adds: (Start | Operation)[];
  /** Acknowledged adds that no read followed yet, by instance ('' where it is not known). */
  waiting: Map<string, number>;
  read?: Operation;
  /** Sums tell nothing: the counter is also set or counted down. */
  free: boolean;
}

class AtMostOnce implements Fold {
  readonly #anomalies: Anomalies;
  readonly #objects = new Scoped<Sums>(object => ({
    object,
    most: startOf(object),
    adds: [],
    waiting: new Map(),
    free: object.kind === 'register',
  }));
  #judged = 0;
  #crossed = 0;
  #lost = 0;
  #uncountable = 0;

  constructor(tell?: Tell) {
    this.#anomalies = new Anomalies(tell);
  }

  started(start: Start): void {
    const { action, value, object } = start;
    if (object === undefined || (action !== 'add' && action !== 'increment' && action !== 'set')) return;
    const sums = this.#objects.of(object);
    const counter = sums.object.kind === 'counter';
    const by = counter ? Number(value ?? '1') : 1;
    if (action === 'set' || !(by >= 0)) sums.free = true;
    if (sums.free || sums.object.kind === 'set') return;
    const key = counter ? '' : (value ?? '');
    sums.most.set(key, (sums.most.get(key) ?? 0) + by);
    sums.adds.push(start);
    if (sums.adds.length > KEPT) sums.adds.shift();
  }

  ended(operation: Operation, standing: Standing): void {
    const { session, live } = standing;
    if (session.lost === operation) this.#lost++;
    const { action, object, outcome } = operation;
    if (object === undefined || outcome !== 'ok' || !live || session.lost !== undefined) return;
    const sums = this.#objects.of(object);
    if (sums.free) return;
    if (action === 'read' && operation.saw !== undefined) this.#read(operation, sums);
    else if (action === 'add' || action === 'increment') this.#added(operation, sums);
  }

  #added(operation: Operation, { object, adds, waiting }: Sums): void {
    if (object.kind !== 'bag' && object.kind !== 'counter') {
      this.#uncountable++;
      return;
    }
    const { instance = '' } = operation;
    waiting.set(instance, (waiting.get(instance) ?? 0) + 1);
    const at = adds.findIndex(({ id }) => id === operation.id);
    if (at >= 0) adds[at] = operation;
  }

  #read(read: Operation, sums: Sums): void {
    const { object, most, waiting } = sums;
    // A set shows a value twice, if it does, for reasons of its own.
    if (object.kind === 'set') return;
    for (const [value, times] of shownBy(read, object)) {
      const limit = most.get(value) ?? 0;
      if (times <= limit || (object.kind !== 'counter' && times < 2)) continue;
      this.#anomalies.add(() => double(read, value, limit, sums));
      // Told once: the next one too many is told again.
      most.set(value, times);
    }
    for (const [instance, count] of waiting) {
      this.#judged += count;
      if (instance !== '' && read.instance !== undefined && instance !== read.instance)
        this.#crossed += count;
    }
    waiting.clear();
    sums.adds = [];
    sums.read = read;
  }

  event(event: Event): void {
    if (event.type === 'object') this.#objects.declared(event);
  }

  sessionEnded({ session }: SessionState): void {
    this.#objects.ended(session);
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

function startOf({ kind, initial = [] }: ObjectEvent): Map<string, number> {
  const most = new Map<string, number>();
  if (kind === 'counter') return most.set('', Number(initial[0] ?? '0'));
  for (const value of initial) most.set(value, (most.get(value) ?? 0) + 1);
  return most;
}

/** How often each value is there; of a counter how much, under ''. */
function shownBy({ saw = [] }: Operation, { kind }: ObjectEvent): ReadonlyMap<string, number> {
  const there = new Map<string, number>();
  if (kind === 'counter') return there.set('', Number(saw[0] ?? '0'));
  for (const value of saw) there.set(value, (there.get(value) ?? 0) + 1);
  return there;
}

function concluded(counts: Counts): Conclusion {
  const of = reader(counts);
  const finding =
    of('double') === 0
      ? `at most ${percent(upperBound(0, of('judged')))} of adds take effect twice`
      : `${counted(of('double'), 'time')} more was there than had been added`;
  const rests = { 'adds counted': of('judged'), 'on another instance': of('crossed') };
  return conclude(of('double'), missing(counts), rests, finding);
}

function missing(counts: Counts): string | undefined {
  const of = reader(counts);
  if (of('lost') > 0) {
    return `continuity is broken in ${counted(of('lost'), 'session')}: what became of its data cannot be told`;
  }
  if (of('crossed') >= ENOUGH) return undefined;
  if (of('judged') === 0 && of('uncountable') > 0) {
    return 'a set or a list without repeats cannot show that an add took effect twice: give the target file a probe that counts (`kind: bag` or `counter`)';
  }
  return (
    `${counted(of('crossed'), 'acknowledged add')} to a bag or counter read on another instance, ${ENOUGH} are ` +
    'needed: give the target file a probe that counts, run at least two instances, or run for longer'
  );
}

/** Adds of a witness that are told one by one. */
const TOLD = 4;

function double(
  read: Operation,
  value: string,
  limit: number,
  { object, adds, read: before }: Sums,
): Anomaly {
  const counter = object.kind === 'counter';
  const of = adds.filter(add => counter || add.value === value).slice(-TOLD);
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
