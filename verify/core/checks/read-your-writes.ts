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
import type { Operation } from '../history.ts';
import type { Contradiction } from '../read-facts.ts';
import type { Standing } from '../sessions.ts';
import { upperBound } from '../statistics.ts';
import type { Anomaly } from '../verdict.ts';
import { missingReads, ReadEvidence } from './read-evidence.ts';

export const readYourWrites: Check = {
  guarantee: 'read-your-writes',
  assumes: 'added values are unique, and only recorded operations remove them',
  minimum: '10 reads of a session on another instance than its last acknowledged write',
  start: (_run, tell) => new ReadYourWrites(tell),
  conclude: concluded,
};

class ReadYourWrites implements Fold {
  readonly #anomalies: Anomalies;
  readonly #evidence = new ReadEvidence();

  constructor(tell?: Tell) {
    this.#anomalies = new Anomalies(tell);
  }

  ended(operation: Operation, standing: Standing): void {
    const { reads } = standing;
    this.#evidence.add(operation, standing, reads?.write);
    if (reads === undefined || reads.stale.length === 0) return;
    for (const contradiction of reads.stale) this.#anomalies.add(() => stale(operation, contradiction));
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

function stale(read: Operation, { against, was, expected, came }: Contradiction): Anomaly {
  return {
    name: 'STALE',
    guarantee: 'read-your-writes',
    session: read.session,
    user: read.user,
    summary: `${against.instance ?? 'the app'} acknowledged a write that a later read on ${read.instance ?? 'the app'} does not show`,
    witness: [
      { operation: against, came: was },
      { operation: read, expected, came },
    ],
    notes: [],
  };
}
