/** For each object, searches for an order of the operations that explains all responses. Counts the evidence. */
import { getOrInsert } from '../get-or-insert.ts';
import type { Operation, Start } from '../history/history.ts';
import type { Started, TrackedObject } from '../objects/tracked-object.ts';
import { Searches, type Searching } from '../search/searches.ts';
import { Segments } from '../search/segments.ts';
import { nonlinear } from '../search/witness.ts';
import type { Standing } from '../timeline/sessions.ts';
import type { NamedCounts } from './check.ts';
import { CutOffViolations, cutAtOf } from './cut-off.ts';
import { type CheckContext, type Declaration, Judging } from './framework.ts';

/** Maximum number of operations of one object that are kept. They are judged when no request is in flight. */
const LONGEST = 100_000;

export class OrderCounts {
  operations = 0;
  reads = 0;
  overlaps = 0;
  crossed = 0;
  /** Key: an object; value: number of parts of its history that the search could not decide within its limits. */
  undecided: NamedCounts = {};
  /** Number of violations that are uncertain, because reads were recorded late or the history has several clocks. */
  late = 0;
  clocks = 0;
  /** Number of objects of which only the first part of the history could be judged. */
  closed = 0;
}

export class OrderJudge extends Judging<OrderCounts> {
  readonly #objects = new Map<TrackedObject, Segments>();
  readonly #searches: Searches;
  readonly #longest: number;
  readonly #cutOff = new CutOffViolations(this);

  constructor(of: Declaration<OrderCounts>, context: CheckContext, searching: Searching, longest = LONGEST) {
    super(of, context);
    this.#longest = longest;
    this.#searches = new Searches(searching, (segment, verdict, isLate) => {
      const read = segment.entries.findLast(({ operation }) => cutAtOf(operation) !== undefined)?.operation;
      if (verdict === 'violated') this.#cutOff.add(read, () => nonlinear(segment, isLate));
      else if (verdict === 'late' || verdict === 'clocks') this.count[verdict]++;
    });
  }

  #of(object: TrackedObject): Segments {
    return getOrInsert(this.#objects, object, () => new Segments(object.declared));
  }

  override started(start: Start, data: Started | undefined): void {
    // Histories of other programs may have start lines for reads.
    if (data?.write !== undefined || (data !== undefined && start.action === 'read'))
      this.#of(data.object).started(start);
  }

  override ended(operation: Operation, { data }: Standing): void {
    if (data === undefined || (data.write === undefined && operation.action !== 'read')) return;
    const segments = this.#of(data.object);
    if (data.write === undefined && !data.certain) {
      segments.skipped(operation);
      return;
    }
    const segment = segments.ended(operation, data.certain);
    if (data.certain && segments.judges) {
      const { overlaps, crosses } = segments.relate(operation);
      this.count.operations++;
      if (operation.action === 'read') this.count.reads++;
      if (overlaps) this.count.overlaps++;
      if (crosses) this.count.crossed++;
    }
    if (segment !== undefined) this.#searches.judge(segment);
    if (segments.length <= this.#longest) return;
    if (!segments.closed) this.#searches.judge(segments.rest());
    segments.closed = true;
  }

  override objectEnded(object: TrackedObject): void {
    const segments = this.#objects.get(object);
    this.#objects.delete(object);
    if (segments?.closed === true) this.count.closed++;
    else if (segments !== undefined) this.#searches.judge(segments.rest());
  }

  override recount(): void {
    this.count.undecided = this.#searches.undecided;
  }

  override settle(): void {
    this.#searches.ended();
    const rest = [...this.#objects].sort(([, a], [, b]) => a.length - b.length);
    for (const [object] of rest) this.objectEnded(object);
    this.#searches.again();
    this.#cutOff.settle();
  }
}
