/** read-your-writes: a read called after an acknowledged write of its session returned shows that write. */
import {
  Anomalies,
  type Check,
  type Conclusion,
  type Counts,
  conclude,
  type Finding,
  type Fold,
  percent,
  reader,
  type Tell,
} from '../check.ts';
import { precedes } from '../clocks.ts';
import type { Event, Operation, Start } from '../history.ts';
import type { Standing } from '../sessions.ts';
import { upperBound } from '../statistics.ts';
import type { Anomaly } from '../verdict.ts';
import { missingReads, PerObject, ReadEvidence, Removals } from './objects.ts';

export const readYourWrites: Check = {
  guarantee: 'read-your-writes',
  assumes: 'added values are unique, and only recorded operations remove them',
  minimum: '10 reads of a session on another instance than its last acknowledged write',
  start: (_run, tell) => new ReadYourWrites(tell),
  conclude: concluded,
};

interface Written {
  /** Acknowledged adds that nothing has removed, by value. */
  added: Map<string, Operation>;
  removals: Removals;
  last?: Operation;
}

class ReadYourWrites implements Fold {
  readonly #anomalies: Anomalies;
  readonly #evidence = new ReadEvidence();
  readonly #objects = new PerObject<Written>(() => ({
    added: new Map(),
    removals: new Removals(),
  }));

  constructor(tell?: Tell) {
    this.#anomalies = new Anomalies(tell);
  }

  started(start: Start): void {
    if (start.object !== undefined) this.#objects.of(start.object).removals.started(start);
  }

  ended(operation: Operation, standing: Standing): void {
    this.#evidence.ended(operation, standing);
    if (operation.object === undefined) return;
    const written = this.#objects.of(operation.object);
    written.removals.ended(operation);
    if (this.#evidence.counts(operation, standing)) this.#read(operation, written);
    if (operation.outcome !== 'ok' || operation.value === undefined) return;
    if (operation.action === 'add') written.added.set(operation.value, operation);
    if (operation.action === 'remove') written.added.delete(operation.value);
    written.last = operation;
  }

  #read(read: Operation, written: Written): void {
    const { last } = written;
    if (last !== undefined && precedes(last, read) && last.session === read.session) {
      this.#evidence.add(read, last);
    }
    const saw = new Set(read.saw);
    for (const [value, add] of written.added) {
      if (add.session !== read.session || !precedes(add, read)) continue;
      if (saw.has(value) || written.removals.mayBeGone(value, read)) continue;
      written.added.delete(value);
      this.#anomalies.add(() => stale(add, read, `"${value}" in it`, `"${value}" is not there`));
    }
    for (const value of saw) {
      const removal = written.removals.mustBeGone(value, read);
      if (removal === undefined || removal.session !== read.session) continue;
      this.#anomalies.add(() => stale(removal, read, `"${value}" gone`, `"${value}" is still there`));
    }
  }

  event(event: Event): void {
    if (event.type === 'session' && event.event === 'ended') this.#objects.ended(event.session);
  }

  counts(): Counts {
    return { ...this.#evidence.figures, stale: this.#anomalies.count };
  }

  finish(): Finding {
    return { ...concluded(this.counts()), anomalies: this.#anomalies.kept };
  }
}

function concluded(counts: Counts): Conclusion {
  const of = reader(counts);
  const finding =
    of('stale') === 0
      ? `at most ${percent(upperBound(0, of('crossed')))} of reads on another instance miss a write`
      : `${of('stale')} acknowledged writes were not in a later read`;
  const rests = {
    'reads after a write': of('reads'),
    'on another instance': of('crossed'),
    sessions: of('sessions'),
  };
  return conclude(of('stale'), missingReads(counts, 'the write before'), rests, finding);
}

function stale(write: Operation, read: Operation, expected: string, came: string): Anomaly {
  return {
    name: 'STALE',
    guarantee: 'read-your-writes',
    session: read.session,
    user: read.user,
    summary: `${write.instance ?? 'the app'} acknowledged a write that a later read on ${read.instance ?? 'the app'} does not show`,
    witness: [
      { operation: write, came: 'acknowledged' },
      { operation: read, expected, came },
    ],
    notes: [],
  };
}
