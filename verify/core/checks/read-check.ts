/** Compares each read of a session with the session's earlier writes (read-your-writes) or reads (monotonic-reads). */
import type { Operation } from '../history/history.ts';
import type { Contradiction, NewestAdd, ReadFacts } from '../objects/read-facts.ts';
import { counted } from '../result/format.ts';
import type { Guarantee } from '../result/guarantees.ts';
import { isHandoff } from '../timeline/handoff.ts';
import type { Standing } from '../timeline/sessions.ts';
import { type Check, ENOUGH_HANDOFFS } from './check.ts';
import { Reads, whole } from './compared-reads.ts';
import { CutOffViolations } from './cut-off.ts';
import { atMost, check, few, Judging, violation } from './framework.ts';

export interface Measure {
  guarantee: Guarantee;
  assumes: string;
  /** The words for the operation with which a read is compared, for example `its last acknowledged write`. */
  against: string;
  earlier(facts: ReadFacts): Operation | undefined;
  newest?: true;
  contradictions(facts: ReadFacts): readonly Contradiction[];
  summary(earlier: string, later: string): string;
  rests: readonly [judged: string, crossed: string];
  /** The words that complete the sentence `at most 3 % of reads on another instance …`. */
  ruledOut: string;
  /** The words of a message such as `2 acknowledged writes not in a later read`: its noun, and the words after it. */
  broken: readonly [noun: string, wrong: string];
}

abstract class ReadJudge extends Judging<Reads> {
  abstract readonly measure: Measure;
  readonly #sessions = new Set<string>();
  readonly #allSessions = new Set<string>();
  readonly #cutOff = new CutOffViolations(this);

  override ended(operation: Operation, { data }: Standing): void {
    if (this.measure.newest && data?.newest !== undefined) this.#newest(operation, data.newest);
    const reads = data?.reads;
    if (reads === undefined) return;
    const earlier = this.measure.earlier(reads);
    if (earlier !== undefined) {
      this.count.reads++;
      this.#sessions.add(operation.session);
      this.#allSessions.add(operation.session);
      if (isHandoff(earlier, operation)) this.count.crossed++;
    }
    for (const { against, was, expected, came, summary } of this.measure.contradictions(reads)) {
      const what =
        summary ?? this.measure.summary(against.instance ?? 'the app', operation.instance ?? 'the app');
      this.#cutOff.add(operation, () => violation(what, [against, was], [operation, came, expected]));
    }
  }

  #newest(read: Operation, { add, shown }: NewestAdd): void {
    if (!shown) this.count.unshown++;
    else {
      this.count.newest++;
      this.#allSessions.add(read.session);
      if (isHandoff(add, read)) this.count.newestCrossed++;
    }
  }

  override settle(): void {
    this.#cutOff.settle();
  }

  override recount(): void {
    this.count.sessions = this.#sessions.size;
    this.count.newestSessions = this.#allSessions.size - this.#sessions.size;
  }
}

export function readCheck(measure: Measure): Check {
  const { guarantee, assumes, against } = measure;
  const [judged, elsewhere] = measure.rests;
  const comparable = `compared with ${against} of the session on another instance`;
  return check<Reads>({
    guarantee,
    assumes,
    minimum: `${ENOUGH_HANDOFFS} reads ${comparable}`,
    judge: class extends ReadJudge {
      readonly measure = measure;
    },
    afterLoss: 'later reads',
    counts: Reads,
    compared: counts => whole(counts).reads + whole(counts).crossed,
    missing: (counts, { routing }) => {
      const { reads, crossed } = whole(counts);
      return routing === 'sticky' && reads >= ENOUGH_HANDOFFS
        ? undefined
        : few(crossed, ENOUGH_HANDOFFS, 'read', ` ${comparable}`, HOW);
    },
    rests: counts => {
      const { reads, crossed, sessions } = whole(counts);
      return { [judged]: reads, [elsewhere]: crossed, sessions };
    },
    rulesOut: (counts, { routing }) =>
      routing === 'sticky'
        ? `${atMost(whole(counts).reads)} of reads ${measure.ruledOut}`
        : `${atMost(whole(counts).crossed)} of reads on another instance ${measure.ruledOut}`,
    broken: violations => `${counted(violations, measure.broken[0])} ${measure.broken[1]}`,
  });
}

const HOW =
  'give the target file a probe with `read`, and `add`, `set` or `increment`, run at least two instances, or run for longer';
