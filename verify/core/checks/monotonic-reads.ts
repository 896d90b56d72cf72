/** monotonic-reads: a read never shows an older state than an earlier read of its session. */
import { Anomalies, type Check, conclude, type Finding, type Fold, percent } from '../check.ts';
import { precedes } from '../clocks.ts';
import type { Event, Operation, Start } from '../history.ts';
import type { Standing } from '../sessions.ts';
import { upperBound } from '../statistics.ts';
import type { Anomaly } from '../verdict.ts';
import { PerObject, ReadEvidence, Removals } from './objects.ts';

export const monotonicReads: Check = {
  guarantee: 'monotonic-reads',
  assumes: 'added values are unique, so one state is later than another when it has what was added since',
  minimum: '10 reads of a session on another instance than its read before',
  start: () => new MonotonicReads(),
};

interface Seen {
  /** For each value: the first read that showed it, by session. */
  shown: Map<string, Operation>;
  /** For each value that was shown and removed: the first read without it. */
  gone: Map<string, Operation>;
  last?: Operation;
}

class MonotonicReads implements Fold {
  readonly #anomalies = new Anomalies();
  readonly #evidence = new ReadEvidence();
  readonly #removals = new PerObject(() => new Removals());
  /** By object and reading session: the guarantee speaks of one session's reads. */
  readonly #seen = new PerObject<Seen>(() => ({
    shown: new Map(),
    gone: new Map(),
  }));

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

  finish(): Finding {
    const { judged, crossed, sessions } = this.#evidence;
    const finding =
      this.#anomalies.count === 0
        ? `at most ${percent(upperBound(0, crossed))} of reads on another instance go back`
        : `${this.#anomalies.count} values went back to an older state`;
    const rests = {
      'pairs of reads': judged,
      'on two instances': crossed,
      sessions,
    };
    return conclude(this.#anomalies, this.#evidence.missing('the read before'), rests, finding);
  }
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
