/** Judges a stretch of one object's history, and reduces a violation to few operations. */

import type { Operation } from '../history/history.ts';
import { MODELS, type State } from '../objects/models.ts';
import type { WitnessStep } from '../result/verdict.ts';
import type { Placed } from '../timeline/clocks.ts';
import type { Decision, Interval, Limit } from './decision.ts';
import { decide, searched } from './linearizability.ts';
import { shrink } from './shrink.ts';
import type { Entry, Stretch } from './stretches.ts';

export type StretchVerdict = 'ok' | 'violated' | 'budget' | 'late' | 'clocks';

/** Maximum number of placements in the search of one candidate witness. */
const CANDIDATE: Limit = { steps: 5_000 };
/** Maximum number of steps in the searches of all candidates: some seconds. */
const SHRINKING = 10_000_000;
/** Maximum number of placements in the search for the longest order. */
const EXPLANATION: Limit = { steps: 2_000 };
/** Number of operations that are shown of a witness that is still longer than `LONG` after shrinking. */
const SHOWN = 8;
const LONG = 32;

/**
 * Judges one stretch. Subtle: if reads were recorded late, or several clocks are taken as exact, a violation is certain
 * only if a search with loose times finds it too.
 */
export function judgeStretch(stretch: Stretch, limit: Limit): { verdict: StretchVerdict; steps: number } {
  const strict = judged(stretch, stretch.entries.map(exact), limit);
  const late = stretch.entries.some(entry => entry.late);
  if (strict.verdict !== 'violated' || (!late && !severalClocks(stretch)))
    return { verdict: strict.verdict === 'unknown' ? 'budget' : strict.verdict, steps: strict.steps };
  const loose = judged(stretch, looseEntries(stretch), limit);
  const steps = strict.steps + loose.steps;
  if (loose.verdict === 'ok') return { verdict: late ? 'late' : 'clocks', steps };
  return { verdict: loose.verdict === 'unknown' ? 'budget' : 'violated', steps };
}

const judged = (
  { object: { kind }, initial }: Stretch,
  intervals: readonly Interval[],
  limit: Limit,
): Decision => decide(kind, initial, intervals, limit);

const exact = ({ operation, sure }: Entry): LooseInterval => ({
  call: operation.call,
  return: sure ? (operation.return ?? Number.POSITIVE_INFINITY) : Number.POSITIVE_INFINITY,
  operation,
});

const severalClocks = ({ entries }: Stretch): boolean =>
  entries.some(({ operation }) => operation.clock !== entries[0]?.operation.clock);

/** Leaves out late reads. Widens each interval by the uncertainty of its clock. */
function looseEntries(stretch: Stretch): LooseInterval[] {
  const several = severalClocks(stretch);
  return stretch.entries
    .filter(entry => !entry.late)
    .map(entry => {
      const { call, return: end, operation } = exact(entry);
      const by = several ? ((operation as Placed).uncertainty ?? 0) : 0;
      return { call: call - by, return: end + by, operation };
    });
}

interface LooseInterval extends Interval {
  operation: Operation;
}

/** Makes an interval of an operation that may have happened at any time, or never. */
const relaxed = ({ operation }: Interval): Interval => ({
  call: Number.NEGATIVE_INFINITY,
  return: Number.POSITIVE_INFINITY,
  operation,
});

/** Returns the writes outside the witness, as writes that may have happened at any time or never. */
const others = (all: readonly LooseInterval[], kept: readonly LooseInterval[]): Interval[] => {
  const keeps = new Set(kept);
  return all.filter(interval => !keeps.has(interval) && interval.operation.action !== 'read').map(relaxed);
};

/** A proof of a violation by few operations. `at`: the operation that has no place in the longest order. */
interface Nonlinear {
  at: Operation | undefined;
  summary: string;
  witness: WitnessStep[];
  notes: string[];
}

/**
 * Proves the violation of a stretch.
 *
 * @param isLate returns true when there is no time left to make the witness smaller
 */
export function nonlinear(stretch: Stretch, isLate?: Limit['isLate']): Nonlinear {
  const all = looseEntries(stretch).sort((a, b) => a.call - b.call);
  const kept = smallest(stretch, all, isLate);
  const found = searched(stretch.object.kind, stretch.initial, [...kept, ...others(all, kept)], EXPLANATION);
  const placed = found.verdict === 'ok' ? [] : found.placed;
  const culprit = (found.verdict === 'violated' ? kept[found.culprit] : undefined) ?? kept.at(-1);
  const shown =
    kept.length <= LONG ? kept : kept.filter((of, i) => of === culprit || i >= kept.length - SHOWN);
  const names = placed.flatMap(i => (kept[i] === undefined ? [] : [named(kept[i].operation)]));
  const what = stretch.object.object.slice(0, stretch.object.object.lastIndexOf('@'));
  return {
    at: culprit?.operation,
    summary: `no order of the requests on ${what} explains every response, with each taking effect between its call and its return`,
    witness: [
      ...beginning(stretch, all, kept),
      ...shown.map(interval => step(stretch, interval, interval === culprit, placed, kept)),
    ],
    notes: names.length === 0 ? [] : [`the longest order that explains the responses: ${names.join(', ')}`],
  };
}

/** @returns the operations that prove the violation, as few as can be found within the limits */
function smallest(
  stretch: Stretch,
  all: readonly LooseInterval[],
  isLate: Limit['isLate'],
): readonly LooseInterval[] {
  let left = SHRINKING;
  const proves = (some: readonly LooseInterval[]): boolean => {
    const { verdict, steps } = judged(stretch, [...some, ...others(all, some)], CANDIDATE);
    left -= steps + all.length;
    return verdict === 'violated';
  };
  return shrink(all, proves, () => left < 0 || isLate?.() === true);
}

/** @returns the first read of the interval, if the proof needs the state that this read showed */
function beginning(
  { object, initial, from }: Stretch,
  all: readonly LooseInterval[],
  kept: readonly LooseInterval[],
): WitnessStep[] {
  if (from === undefined) return [];
  const action = object.kind === 'register' ? 'set' : 'add';
  const free = (initial ?? []).map(value => relaxed({ call: 0, return: 0, operation: { action, value } }));
  const anyhow = decide(object.kind, [], [...free, ...kept, ...others(all, kept)], CANDIDATE);
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
    const operation = kept[i]?.operation;
    if (state !== undefined && operation !== undefined) state = model.step(state, operation) ?? state;
  }
  return {
    operation,
    expected: `a response that fits the state before it, ${model.describe(state)}`,
    came,
  };
}

const named = ({ action, value }: Operation): string =>
  value === undefined ? action : `${action} "${value}"`;
