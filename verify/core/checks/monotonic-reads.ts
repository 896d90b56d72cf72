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
import type { Operation } from '../history.ts';
import type { Contradiction } from '../read-facts.ts';
import type { Standing } from '../sessions.ts';
import { upperBound } from '../statistics.ts';
import type { Anomaly } from '../verdict.ts';
import { missingReads, ReadEvidence } from './read-evidence.ts';

export const monotonicReads: Check = {
  guarantee: 'monotonic-reads',
  assumes: 'added values are unique, so one state is later than another when it has what was added since',
  minimum: '10 reads of a session on another instance than its read before',
  start: (_run, tell) => new MonotonicReads(tell),
  conclude: concluded,
};

class MonotonicReads implements Fold {
  readonly #anomalies: Anomalies;
  readonly #evidence = new ReadEvidence();

  constructor(tell?: Tell) {
    this.#anomalies = new Anomalies(tell);
  }

  ended(operation: Operation, standing: Standing): void {
    const { reads } = standing;
    this.#evidence.add(operation, standing, reads?.read);
    if (reads === undefined || reads.back.length === 0) return;
    for (const contradiction of reads.back) this.#anomalies.add(() => back(operation, contradiction));
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

function back(read: Operation, { against, was, expected, came }: Contradiction): Anomaly {
  return {
    name: 'BACK',
    guarantee: 'monotonic-reads',
    session: read.session,
    user: read.user,
    summary: `${read.instance ?? 'the app'} showed an older state than ${against.instance ?? 'the app'} had shown before`,
    witness: [
      { operation: against, came: was },
      { operation: read, expected, came },
    ],
    notes: [],
  };
}
