/** monotonic-reads: a read never shows an older state than an earlier read of its session. */
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

export const monotonicReads: Check = {
  guarantee: 'monotonic-reads',
  assumes: 'added values are unique, so one state is later than another when it has what was added since',
  minimum: '10 reads of a session on another instance than its read before',
  start: (_run, tell) => new MonotonicReads(tell),
  conclude: concluded,
};

interface Seen {
  /** For each value: the first read that showed it, by session. */
  shown: Map<string, Operation>;
  /** For each value that was shown and removed: the first read without it. */
  gone: Map<string, Operation>;
  last?: Operation;
}

class MonotonicReads implements Fold {
  readonly #anomalies: Anomalies;
  readonly #evidence = new ReadEvidence();
  readonly #removals = new PerObject(() => new Removals());
  /** By object and reading session: the guarantee speaks of one session's reads. */
  readonly #seen = new PerObject<Seen>(() => ({
    shown: new Map(),
    gone: new Map(),
  }));

  constructor(tell?: Tell) {
    this.#anomalies = new Anomalies(tell);
  }

  started(start: Start): void {
    if (start.object !== undefined) this.#removals.of(start.object).started(start);
  }

  ended(operation: Operation, standing: Standing): void {
    this.#evidence.ended(operation, standing);
    if (operation.object === undefined) return;
    const removals = this.#removals.of(operation.object);
    removals.ended(operation);
    if (!this.#evidence.counts(operation, standing)) return;
    this.#read(operation, this.#seen.of(`${operation.object}@${operation.session}`), removals);
  }

  #read(read: Operation, seen: Seen, removals: Removals): void {
    if (seen.last !== undefined && precedes(seen.last, read)) this.#evidence.add(read, seen.last);
    const saw = new Set(read.saw);
    for (const [value, earlier] of seen.shown) {
      if (saw.has(value) || !precedes(earlier, read)) continue;
      seen.shown.delete(value);
      if (removals.mayBeGone(value, read)) seen.gone.set(value, read);
      else
        this.#anomalies.add(() => back(earlier, read, `showed "${value}"`, `"${value}" in it`, 'it is gone'));
    }
    for (const value of saw) {
      const without = seen.gone.get(value);
      if (without === undefined) {
        if (!seen.shown.has(value)) seen.shown.set(value, read);
      } else if (precedes(without, read)) {
        seen.gone.delete(value);
        this.#anomalies.add(() =>
          back(without, read, `no longer showed "${value}"`, `"${value}" gone`, 'it is there again'),
        );
      }
    }
    seen.last = read;
  }

  event(event: Event): void {
    if (event.type !== 'session' || event.event !== 'ended') return;
    this.#seen.ended(event.session);
    this.#removals.ended(event.session);
  }

  counts(): Counts {
    return { ...this.#evidence.figures, back: this.#anomalies.count };
  }

  finish(): Finding {
    return { ...concluded(this.counts()), anomalies: this.#anomalies.kept };
  }
}

function concluded(counts: Counts): Conclusion {
  const of = reader(counts);
  const finding =
    of('back') === 0
      ? `at most ${percent(upperBound(0, of('crossed')))} of reads on another instance go back`
      : `${of('back')} values went back to an older state`;
  const rests = {
    'pairs of reads': of('reads'),
    'on two instances': of('crossed'),
    sessions: of('sessions'),
  };
  return conclude(of('back'), missingReads(counts, 'the read before'), rests, finding);
}

function back(earlier: Operation, read: Operation, was: string, expected: string, came: string): Anomaly {
  return {
    name: 'BACK',
    guarantee: 'monotonic-reads',
    session: read.session,
    user: read.user,
    summary: `${read.instance ?? 'the app'} showed an older state than ${earlier.instance ?? 'the app'} had shown before`,
    witness: [
      { operation: earlier, came: was },
      { operation: read, expected, came },
    ],
    notes: [],
  };
}
