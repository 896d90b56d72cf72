/** Checks no-lost-updates: the final state has every acknowledged add that overlapped another request. */
import { isSafe } from '../history/actions.ts';
import type { Operation, Served } from '../history/history.ts';
import { isAdd } from '../objects/models.ts';
import type { Write } from '../objects/overlaps.ts';
import type { TrackedObject } from '../objects/tracked-object.ts';
import { counted, grouped } from '../result/format.ts';
import { isHandoff } from '../timeline/handoff.ts';
import type { Standing } from '../timeline/sessions.ts';
import { CutOffViolations } from './cut-off.ts';
import { atMost, check, few, Judging } from './framework.ts';
import { LoggedOverlaps } from './logged-overlaps.ts';
import { clobber } from './write-anomalies.ts';

const ENOUGH = 10;

class Adds {
  /** Number of acknowledged adds that overlapped another acknowledged add, and that a final read could show. */
  overlapping = 0;
  crossed = 0;
  /** Number of pairs of overlapping adds with times in the balancer's log. `met`: pairs that overlap there. */
  logged = 0;
  met = 0;
}

class NoLostUpdates extends Judging<Adds> {
  readonly #loggedOverlaps = new LoggedOverlaps();
  readonly #objects = new Set<TrackedObject>();
  readonly #cutOff = new CutOffViolations(this);

  override ended(_operation: Operation, { data }: Standing): void {
    if (data?.write !== undefined) this.#objects.add(data.object);
    if (data !== undefined && data.found.length > 0) this.#searched(data.found);
  }

  override routed(operation: Operation, entry: Served): void {
    if (operation.object !== undefined && !isSafe(operation.action))
      this.#loggedOverlaps.routed(operation, entry);
  }

  #searched(adds: readonly Write[]): void {
    for (const { end, rivals } of adds) {
      const others = rivals.filter(({ certain, effect }) => certain && isAdd(effect));
      const [rival] = others;
      if (end === undefined || rival?.end === undefined) continue;
      this.count.overlapping++;
      this.#loggedOverlaps.add(end, rival.end);
      if (others.some(({ end: other }) => other && isHandoff(end, other))) this.count.crossed++;
    }
  }

  override objectEnded(object: TrackedObject): void {
    this.#objects.delete(object);
    const { lost, searched } = object.lost();
    this.#searched(searched);
    for (const update of lost) this.#cutOff.add(update.read, () => clobber(update));
  }

  override recount(): void {
    Object.assign(this.count, this.#loggedOverlaps.counts());
  }

  override settle(): void {
    for (const object of this.#objects) this.objectEnded(object);
    this.#cutOff.settle();
  }
}

export const noLostUpdates = check<Adds>({
  guarantee: 'no-lost-updates',
  assumes:
    'the last read shows the final state: it is called after all writes have returned, or in the final phase',
  minimum: `${ENOUGH} acknowledged adds that overlap one another on two instances, and a read after them`,
  judge: NoLostUpdates,
  counts: Adds,
  afterLoss: 'the data',
  compared: ({ overlapping }) => overlapping,
  missing({ crossed }) {
    const where = ' overlapped an add on another instance and had a final read';
    const how = 'run the workload `burst` on at least two instances';
    return few(crossed, ENOUGH, 'acknowledged add', where, how);
  },
  rests: ({ overlapping, crossed, logged, met }) => ({
    'overlapping adds': overlapping,
    'on two instances': crossed,
    ...(logged > 0 ? { 'pairs in the balancer log': logged, 'overlapping there': met } : {}),
  }),
  rulesOut: ({ overlapping }) => `${atMost(overlapping)} of overlapping adds are lost`,
  broken: (violations, { overlapping }) =>
    `lost ${counted(violations, 'acknowledged add')} of ${grouped(Math.max(violations, overlapping))} that overlapped`,
});
