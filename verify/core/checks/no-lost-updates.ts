/** Checks no-lost-updates: every acknowledged add that overlapped another request is in the final state. */

import type { Event, Operation, Start } from '../history/history.ts';
import { rises } from '../objects/models.ts';
import type { Write } from '../objects/overlaps.ts';
import type { LostUpdate } from '../objects/read-facts.ts';
import type { TrackedObject } from '../objects/tracked-object.ts';
import { counted, grouped, percent } from '../result/format.ts';
import { upperBound } from '../result/statistics.ts';
import type { Anomaly, WitnessStep } from '../result/verdict.ts';
import type { Standing } from '../timeline/sessions.ts';
import {
  Anomalies,
  type Check,
  type Conclusion,
  type Counts,
  conclude,
  type Finding,
  type Fold,
  type OnAnomaly,
  reader,
} from './check.ts';
import { LoggedOverlaps } from './logged-overlaps.ts';

const ENOUGH = 10;

export const noLostUpdates: Check = {
  guarantee: 'no-lost-updates',
  assumes:
    'the last read shows the final state: it is called after all writes have returned, or in the final phase',
  minimum: `${ENOUGH} acknowledged adds that overlap one another on two instances, and a read after them`,
  start: (_run, onAnomaly) => new NoLostUpdates(onAnomaly),
  conclude: concluded,
};

class NoLostUpdates implements Fold {
  readonly #anomalies: Anomalies;
  readonly #loggedOverlaps = new LoggedOverlaps();
  readonly #objects = new Set<TrackedObject>();
  #lost = 0;
  #overlapping = 0;
  #crossed = 0;

  constructor(onAnomaly?: OnAnomaly) {
    this.#anomalies = new Anomalies(onAnomaly);
  }

  ended(operation: Operation, { session, data }: Standing): void {
    if (session.lost === operation) this.#lost++;
    if (data?.write !== undefined) this.#objects.add(data.object);
    if (data !== undefined && data.looked.length > 0) this.#count(data.looked);
  }

  event(event: Event): void {
    if (event.type === 'served') this.#loggedOverlaps.served(event);
  }

  /** Counts the adds that a read of a final state looked for, if they overlapped an acknowledged add. */
  #count(looked: readonly Write[]): void {
    for (const { end, rivals } of looked) {
      const adds = rivals.filter(
        ({ certain, effect }) => certain && (effect?.does === 'adds' || rises(effect)),
      );
      const [rival] = adds;
      if (end === undefined || rival?.end === undefined) continue;
      this.#overlapping++;
      this.#loggedOverlaps.add(end, rival.end);
      const here = end.instance;
      const elsewhere = ({ end: other }: Write): boolean =>
        other?.instance !== undefined && other.instance !== here;
      if (here !== undefined && adds.some(elsewhere)) this.#crossed++;
    }
  }

  objectEnded(object: TrackedObject): void {
    this.#objects.delete(object);
    const { lost, looked } = object.lost();
    this.#count(looked);
    for (const update of lost) this.#anomalies.add(() => clobber(update));
  }

  counts(): Counts {
    return {
      overlapping: this.#overlapping,
      crossed: this.#crossed,
      lost: this.#lost,
      clobbered: this.#anomalies.count,
      ...this.#loggedOverlaps.counts(),
    };
  }

  finish(): Finding {
    for (const object of this.#objects) this.objectEnded(object);
    return { ...concluded(this.counts()), anomalies: this.#anomalies.kept };
  }
}

function concluded(counts: Counts): Conclusion {
  const of = reader(counts);
  const finding =
    of('clobbered') === 0
      ? `at most ${percent(upperBound(0, of('overlapping')))} of overlapping adds are lost`
      : `${counted(of('clobbered'), 'acknowledged add')} of ${grouped(Math.max(of('clobbered'), of('overlapping')))} that overlapped are lost`;
  const rests = {
    'overlapping adds': of('overlapping'),
    'on two instances': of('crossed'),
    ...(of('logged') > 0 ? { 'pairs in the log': of('logged'), 'that met there': of('met') } : {}),
  };
  return conclude(of('clobbered'), missing(counts), rests, finding);
}

function missing(counts: Counts): string | undefined {
  const of = reader(counts);
  if (of('lost') > 0) {
    return `continuity is broken in ${counted(of('lost'), 'session')}: the data of such sessions cannot be judged`;
  }
  if (of('crossed') >= ENOUGH) return undefined;
  return (
    `${counted(of('crossed'), 'acknowledged add')} overlapped one on another instance and had a final read, ` +
    `${ENOUGH} are needed: run the workload \`burst\` on at least two instances`
  );
}

/** Makes a witness step for a change whose outcome is not known. */
const pending = (start: Start): WitnessStep => ({
  operation: { ...start, type: 'op', outcome: 'info' },
  came: 'may have happened',
});

function clobber({ value, write, showed, read }: LostUpdate): Anomaly {
  const counts = read.saw?.length === 1 && write?.start.action === 'increment';
  const rival = write?.rivals.find(({ certain }) => certain) ?? write?.rivals[0];
  const shown = `[${(read.saw ?? []).join(', ')}]`;
  const steps: WitnessStep[] = [];
  if (write?.end !== undefined) steps.push({ operation: write.end, came: 'acknowledged' });
  if (rival?.certain && rival.end !== undefined) steps.push({ operation: rival.end, came: 'acknowledged' });
  else if (rival !== undefined) steps.push(pending(rival.start));
  else if (write?.beside?.type === 'op') steps.push({ operation: write.beside, came: 'overlapped it' });
  else if (write?.beside !== undefined) steps.push(pending(write.beside));
  if (showed !== undefined) steps.push({ operation: showed, came: `showed "${value}"` });
  steps.sort((a, b) => a.operation.call - b.operation.call);
  return {
    name: 'CLOBBER',
    guarantee: 'no-lost-updates',
    session: read.session,
    user: read.user,
    summary: counts
      ? `acknowledged increments that overlapped add up to ${value}, and the final state is ${read.saw?.[0] ?? '0'}`
      : 'an acknowledged add that overlapped another request is not in the final state',
    witness: [
      ...steps,
      counts
        ? { operation: read, expected: `${value} or more`, came: shown }
        : { operation: read, expected: `"${value}" in it`, came: `saw ${shown}: "${value}" is gone` },
    ],
    notes: [],
  };
}
