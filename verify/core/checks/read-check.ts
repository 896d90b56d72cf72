/** Compares each read with the session's earlier writes (read-your-writes), or earlier reads (monotonic-reads). */
import type { Operation } from '../history/history.ts';
import type { Contradiction, ReadFacts } from '../objects/read-facts.ts';
import { counted } from '../result/format.ts';
import type { Guarantee } from '../result/guarantees.ts';
import type { Standing } from '../timeline/sessions.ts';
import { type Check, ENOUGH_HANDOFFS } from './check.ts';
import { atMost, brokenContinuity, check, few, Judging, type Violation } from './framework.ts';

/** One of the two guarantees: its texts, and the facts about a read that it uses. */
export interface Measure {
  guarantee: Guarantee;
  assumes: string;
  /** The words for the earlier operation with which a read is compared. */
  against: string;
  earlier(facts: ReadFacts): Operation | undefined;
  contradictions(facts: ReadFacts): readonly Contradiction[];
  summary(earlier: string, later: string): string;
  /** The names of two counts: all judged reads, and the judged reads on another instance. */
  rests: readonly [judged: string, crossed: string];
  /** Suffix of the finding "at most 3 % of reads on another instance …". */
  ruledOut: string;
  /** The noun for one anomaly, and what is wrong with it: `2 acknowledged writes not in a later read`. */
  broken: readonly [noun: string, wrong: string];
}

interface Reads {
  /** Number of reads that were compared with an earlier operation, because an older state would contradict it. */
  reads: number;
  /** Number of these reads that were served by another instance than the earlier operation. */
  crossed: number;
  sessions: number;
  /** Number of lost sessions. Their later reads are not judged. */
  lost: number;
}

/** Makes the check of one of the two guarantees. */
export function readCheck(measure: Measure): Check {
  const { guarantee, assumes, against } = measure;
  const [judged, elsewhere] = measure.rests;
  const comparable = `on another instance than ${against}, and comparable with it`;

  class ReadsOf extends Judging<Reads> {
    readonly #sessions = new Set<string>();

    override ended(operation: Operation, { session, data }: Standing): void {
      if (session.lost === operation) this.count.lost++;
      const reads = data?.reads;
      if (reads === undefined) return;
      const earlier = measure.earlier(reads);
      if (earlier !== undefined) this.#compared(operation, earlier);
      const contradictions = measure.contradictions(reads);
      if (contradictions.length === 0) return;
      for (const contradiction of contradictions)
        this.report(() => violationOf(measure, operation, contradiction));
    }

    #compared({ session, instance }: Operation, earlier: Operation): void {
      this.count.reads++;
      this.#sessions.add(session);
      if (earlier.instance !== undefined && instance !== undefined && earlier.instance !== instance)
        this.count.crossed++;
    }

    override recount(): void {
      this.count.sessions = this.#sessions.size;
    }
  }

  return check<Reads>({
    guarantee,
    assumes,
    minimum: `${ENOUGH_HANDOFFS} reads of a session ${comparable}`,
    judge: ReadsOf,
    counts: () => ({ reads: 0, crossed: 0, sessions: 0, lost: 0 }),
    compared: ({ reads, crossed }) => reads + crossed,
    // With sticky routing, no other instance serves a read of the session.
    missing: ({ lost, reads, crossed }, { routing }) =>
      brokenContinuity(lost, 'later reads of such sessions cannot be judged') ??
      (routing === 'sticky' && reads >= ENOUGH_HANDOFFS
        ? undefined
        : few(crossed, ENOUGH_HANDOFFS, 'read', ` ${comparable}`, HOW)),
    rests: ({ reads, crossed, sessions }) => ({ [judged]: reads, [elsewhere]: crossed, sessions }),
    rulesOut: ({ reads, crossed }, { routing }) =>
      routing === 'sticky'
        ? `${atMost(reads)} of reads ${measure.ruledOut}`
        : `${atMost(crossed)} of reads on another instance ${measure.ruledOut}`,
    broken: violations => `${counted(violations, measure.broken[0])} ${measure.broken[1]}`,
  });
}

const HOW =
  'give the target file a probe with `read`, and `add`, `set` or `increment`, run at least two instances, or run for longer';

function violationOf(
  measure: Measure,
  read: Operation,
  { against, was, expected, came, summary }: Contradiction,
): Violation {
  return {
    at: read,
    summary: summary ?? measure.summary(against.instance ?? 'the app', read.instance ?? 'the app'),
    witness: [
      { operation: against, came: was },
      { operation: read, expected, came },
    ],
  };
}
