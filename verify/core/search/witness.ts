/** Judges a stretch of one object's history, and tells in as few operations as can be why it is not linearizable. */
import type { Placed } from '../clocks.ts';
import type { Operation } from '../history.ts';
import { MODELS, type State } from '../models.ts';
import type { Anomaly, WitnessStep } from '../verdict.ts';
import { type Decision, decide, type Interval, searched } from './linearizability.ts';
import { shrink } from './shrink.ts';
import type { Entry, Stretch } from './stretches.ts';

export type StretchVerdict = 'ok' | 'violated' | 'budget' | 'late' | 'clocks';

/** Placements that one question of the shrinking may take. */
const QUESTION = 5_000;
/** Placements that the search for the longest order may take. */
const EXPLANATION = 2_000;
/** Operations of a witness that could not be shrunk. */
const SHOWN = 8;

/**
 * Subtle: what is taken too strictly (reads that were recorded late, several clocks taken as exact) is believed only
 * where it comes out well. Where it does not, the loose view must come out badly too.
 */
export function judgeStretch(stretch: Stretch, budget: number): StretchVerdict {
  const strict = judged(stretch, stretch.entries.map(exact), budget).verdict;
  if (strict === 'ok') return 'ok';
  if (strict === 'unknown') return 'budget';
  const late = stretch.entries.some(entry => entry.late);
  const clocks = severalClocks(stretch);
  if (!late && !clocks) return 'violated';
  const loose = judged(stretch, looseEntries(stretch), budget).verdict;
  if (loose === 'violated') return 'violated';
  if (loose === 'unknown') return 'budget';
  return late ? 'late' : 'clocks';
}

const judged = (
  { object: { kind }, initial }: Stretch,
  intervals: readonly Interval[],
  budget: number,
): Decision => decide(kind, initial, intervals, budget);

const exact = ({ operation, sure }: Entry): Interval => ({
  call: operation.call,
  return: sure ? (operation.return ?? Number.POSITIVE_INFINITY) : Number.POSITIVE_INFINITY,
  deed: operation,
});

const severalClocks = ({ entries }: Stretch): boolean =>
  entries.some(({ operation }) => operation.clock !== entries[0]?.operation.clock);

/** As wide as the clocks may be apart, without late reads. */
function looseEntries(stretch: Stretch): LooseInterval[] {
  const several = severalClocks(stretch);
  return stretch.entries
    .filter(entry => !entry.late)
    .map(entry => {
      const { call, return: end, deed } = exact(entry);
      const by = several ? ((entry.operation as Placed).uncertainty ?? 0) : 0;
      return { call: call - by, return: end + by, deed, operation: entry.operation };
    });
}

interface LooseInterval extends Interval {
  operation: Operation;
}

/** Nothing is claimed of it but that it may have happened. */
const relaxed = ({ deed }: Interval): Interval => ({
  call: Number.NEGATIVE_INFINITY,
  return: Number.POSITIVE_INFINITY,
  deed,
});

/** What is left to be proved without: writes may have happened at any time or never, reads did not. */
const others = (all: readonly LooseInterval[], kept: readonly LooseInterval[]): Interval[] => {
  const keeps = new Set(kept);
  return all.filter(interval => !keeps.has(interval) && interval.deed.action !== 'read').map(relaxed);
};

/** @param stretch one that was judged `violated` */
export function nonlinear(stretch: Stretch): Anomaly {
  const all = looseEntries(stretch).sort((a, b) => a.call - b.call);
  const kept = shrink(
    all,
    some => judged(stretch, [...some, ...others(all, some)], QUESTION).verdict === 'violated',
  );
  const found = searched(stretch.object.kind, stretch.initial, [...kept, ...others(all, kept)], EXPLANATION);
  const placed = found.verdict === 'ok' ? [] : found.placed;
  const culprit = (found.verdict === 'violated' ? kept[found.culprit] : undefined) ?? kept.at(-1);
  const shown = kept.length < all.length ? kept : kept.slice(-SHOWN);
  const names = placed.flatMap(i => (kept[i] === undefined ? [] : [named(kept[i].operation)]));
  const what = stretch.object.object.slice(0, stretch.object.object.lastIndexOf('@'));
  return {
    name: 'NONLINEAR',
    guarantee: 'linearizability',
    ...(culprit === undefined ? {} : { session: culprit.operation.session, user: culprit.operation.user }),
    summary: `no order of the requests on ${what} explains every answer, each taking effect between call and return`,
    witness: [
      ...beginning(stretch, all, kept),
      ...shown.map(interval => step(stretch, interval, interval === culprit, placed, kept)),
    ],
    notes: names.length === 0 ? [] : [`the longest order that explains the answers: ${names.join(', ')}`],
  };
}

/** The read that the stretch begins with, if the proof needs the state that it showed. */
function beginning(
  { object, initial, from }: Stretch,
  all: readonly LooseInterval[],
  kept: readonly LooseInterval[],
): WitnessStep[] {
  if (from === undefined) return [];
  const action = object.kind === 'register' ? 'set' : 'add';
  const free = (initial ?? []).map(value => relaxed({ call: 0, return: 0, deed: { action, value } }));
  const anyhow = decide(object.kind, [], [...free, ...kept, ...others(all, kept)], QUESTION);
  if (object.kind !== 'counter' && anyhow.verdict === 'violated') return [];
  return [{ operation: from, came: `showed ${MODELS[object.kind].describe(initial ?? [])}` }];
}

function step(
  stretch: Stretch,
  { operation }: LooseInterval,
  isCulprit: boolean,
  placed: readonly number[],
  kept: readonly LooseInterval[],
): WitnessStep {
  const model = MODELS[stretch.object.kind];
  const saw = `saw ${model.describe(operation.saw ?? [])}`;
  const answered = operation.outcome === 'ok' ? 'acknowledged' : 'may have happened';
  const came = operation.action === 'read' ? saw : answered;
  if (!isCulprit) return { operation, came };
  let state: State | undefined = model.initial(stretch.initial);
  for (const i of placed) {
    const deed = kept[i]?.deed;
    if (state !== undefined && deed !== undefined) state = model.step(state, deed) ?? state;
  }
  return { operation, expected: `what fits ${model.describe(state)}, where the order before it leads`, came };
}

const named = ({ action, value }: Operation): string =>
  value === undefined ? action : `${action} "${value}"`;
