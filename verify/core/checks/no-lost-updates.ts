/** Checks no-lost-updates: every acknowledged add that overlapped another request is in the final state. */

import type { Event, Operation, Start } from '../history/history.ts';
import { changesData } from '../objects/effect.ts';
import { type LostUpdate, Races } from '../objects/races.ts';
import { Scoped } from '../objects/scoped.ts';
import { counted, grouped, percent } from '../result/format.ts';
import { upperBound } from '../result/statistics.ts';
import type { Anomaly, WitnessStep } from '../result/verdict.ts';
import type { SessionState, Standing } from '../timeline/sessions.ts';
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
  readonly #objects: Scoped<Races>;
  #final = false;
  #lost = 0;
  #overlapping = 0;
  #crossed = 0;

  constructor(onAnomaly?: OnAnomaly) {
    this.#anomalies = new Anomalies(onAnomaly);
    this.#objects = new Scoped(kind => new Races(kind, (one, other) => this.#loggedOverlaps.add(one, other)));
  }

  started(start: Start): void {
    this.#objects.besides(start, (races, other) => races.besideStarted(other));
    if (start.object !== undefined && changesData(start)) this.#objects.of(start.object).started(start);
  }

  ended(operation: Operation, standing: Standing): void {
    const { session, live } = standing;
    if (session.lost === operation) this.#lost++;
    this.#objects.besides(operation, (races, other) => races.beside(other));
    if (operation.object === undefined) return;
    const certain = operation.outcome === 'ok' && live && session.lost === undefined;
    const races = this.#objects.of(operation.object);
    if (changesData(operation)) races.wrote(operation, certain);
    else if (operation.action === 'read')
      races.read(operation, certain && operation.saw !== undefined, this.#final);
  }

  event(event: Event): void {
    if (event.type === 'object') this.#objects.declared(event);
    if (event.type === 'served') this.#loggedOverlaps.served(event);
    if (event.type === 'phase') this.#final = event.phase === 'final';
  }

  sessionEnded({ session }: SessionState): void {
    for (const races of this.#objects.ended(session)) this.#end(races);
  }

  #end(races: Races): void {
    const lost = races.finish();
    this.#overlapping += races.judged;
    this.#crossed += races.crossed;
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
    for (const races of this.#objects.all()) this.#end(races);
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
  const rival = write?.rivals.find(({ acknowledged }) => acknowledged !== undefined) ?? write?.rivals[0];
  const shown = `[${(read.saw ?? []).join(', ')}]`;
  const steps: WitnessStep[] = [];
  if (write?.acknowledged !== undefined) steps.push({ operation: write.acknowledged, came: 'acknowledged' });
  if (rival?.acknowledged !== undefined) steps.push({ operation: rival.acknowledged, came: 'acknowledged' });
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
