/**
 * Checks the reads of a session for two guarantees. Read-your-writes compares a read with the session's earlier writes,
 * monotonic-reads with its earlier reads.
 */

import type { Operation, Run } from '../history/history.ts';
import type { Contradiction, ReadFacts } from '../objects/read-facts.ts';
import { counted, percent } from '../result/format.ts';
import type { Guarantee } from '../result/guarantees.ts';
import { upperBound } from '../result/statistics.ts';
import type { Anomaly } from '../result/verdict.ts';
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

/** One of the two guarantees: its texts, and the facts about a read that it uses. */
export interface Measure {
  guarantee: Guarantee;
  assumes: string;
  anomaly: string;
  /** The words for the earlier operation with which a read is compared. */
  against: string;
  earlier(facts: ReadFacts): Operation | undefined;
  contradictions(facts: ReadFacts): readonly Contradiction[];
  summary(earlier: string, later: string): string;
  /** The names of two counts: all judged reads, and the judged reads on another instance. */
  rests: readonly [judged: string, crossed: string];
  /** Suffix of the finding "at most 3 % of reads on another instance …". */
  ruledOut: string;
  /** Suffix of a finding that begins with the number of anomalies. */
  broken: string;
}

export const readCheck = (measure: Measure): Check => ({
  guarantee: measure.guarantee,
  assumes: measure.assumes,
  minimum: `${ENOUGH_HANDOFFS} reads of a session on another instance than ${measure.against}, and comparable with it`,
  start: (run, onAnomaly) => new Reads(measure, run, onAnomaly),
  conclude: (counts, run) => concluded(measure, counts, run),
});

class Reads implements Fold {
  readonly #measure: Measure;
  readonly #run: Run;
  readonly #anomalies: Anomalies;
  readonly #sessions = new Set<string>();
  /** Number of reads that were compared with an earlier operation, because an older state would contradict it. */
  #judged = 0;
  /** Number of these reads that a different instance served than the earlier operation. */
  #crossed = 0;
  /** Number of lost sessions. Their later reads are not judged. */
  #lost = 0;

  constructor(measure: Measure, run: Run, onAnomaly?: OnAnomaly) {
    this.#measure = measure;
    this.#run = run;
    this.#anomalies = new Anomalies(onAnomaly);
  }

  ended(operation: Operation, { session, data }: Standing): void {
    if (session.lost === operation) this.#lost++;
    const reads = data?.reads;
    if (reads === undefined) return;
    const earlier = this.#measure.earlier(reads);
    if (earlier !== undefined) this.#judge(operation, earlier);
    const contradictions = this.#measure.contradictions(reads);
    if (contradictions.length === 0) return;
    for (const contradiction of contradictions) {
      this.#anomalies.add(() => anomalyOf(this.#measure, operation, contradiction));
    }
  }

  #judge(read: Operation, earlier: Operation): void {
    this.#judged++;
    this.#sessions.add(read.session);
    const { instance } = read;
    if (earlier.instance !== undefined && instance !== undefined && earlier.instance !== instance)
      this.#crossed++;
  }

  counts(): Counts {
    return {
      reads: this.#judged,
      crossed: this.#crossed,
      sessions: this.#sessions.size,
      lost: this.#lost,
      broken: this.#anomalies.count,
    };
  }

  finish(): Finding {
    return { ...concluded(this.#measure, this.counts(), this.#run), anomalies: this.#anomalies.kept };
  }
}

function concluded(measure: Measure, counts: Counts, { routing }: Run): Conclusion {
  const of = reader(counts);
  const [judged, crossed] = measure.rests;
  // With sticky routing, no other instance serves a read of the session.
  const sticky = routing === 'sticky';
  const passed = sticky
    ? `at most ${percent(upperBound(0, of('reads')))} of reads ${measure.ruledOut}`
    : `at most ${percent(upperBound(0, of('crossed')))} of reads on another instance ${measure.ruledOut}`;
  const finding = of('broken') === 0 ? passed : `${of('broken')} ${measure.broken}`;
  const rests = { [judged]: of('reads'), [crossed]: of('crossed'), sessions: of('sessions') };
  return conclude(of('broken'), missing(measure, counts, sticky), rests, finding);
}

function missing({ against }: Measure, counts: Counts, sticky: boolean): string | undefined {
  const of = reader(counts);
  if (of('lost') > 0) {
    return `continuity is broken in ${counted(of('lost'), 'session')}: later reads of such sessions cannot be judged`;
  }
  if (of(sticky ? 'reads' : 'crossed') >= ENOUGH_HANDOFFS) return undefined;
  return (
    `${counted(of('crossed'), 'read')} on another instance than ${against}, and comparable with it, ${ENOUGH_HANDOFFS} are needed: ` +
    'give the target file a probe with `read`, and `add`, `set` or `increment`, run at least two instances, or run ' +
    'for longer'
  );
}

function anomalyOf(
  measure: Measure,
  read: Operation,
  { against, was, expected, came, summary }: Contradiction,
): Anomaly {
  return {
    name: measure.anomaly,
    guarantee: measure.guarantee,
    session: read.session,
    user: read.user,
    summary: summary ?? measure.summary(against.instance ?? 'the app', read.instance ?? 'the app'),
    witness: [
      { operation: against, came: was },
      { operation: read, expected, came },
    ],
    notes: [],
  };
}
