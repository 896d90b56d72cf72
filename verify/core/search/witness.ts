/** Judges a segment (a part of one object's history), and shortens the proof of a violation. */
import type { ObjectKind, Operation } from '../history/history.ts';
import { MODELS } from '../objects/models.ts';
import { visibleIn } from '../objects/sift.ts';
import type { Step } from '../result/verdict.ts';
import type { Placed } from '../timeline/clocks.ts';
import type { Decision, Interval, Limit } from './decision.ts';
import { decide, searched } from './linearizability.ts';
import type { Entry, Segment } from './segments.ts';
import { shrink } from './shrink.ts';

export type SegmentVerdict = 'ok' | 'violated' | 'budget' | 'late' | 'clocks';

/** Maximum number of steps of each search that shortens a proof. */
const CANDIDATE: Limit = { steps: 5_000 };
/** Maximum number of steps to shorten the proof of one violation, some seconds. */
const SHRINKING = 10_000_000;
/** Maximum number of steps of the search for the longest valid order, which the report shows. */
const EXPLANATION: Limit = { steps: 2_000 };
const SHOWN = 8;
const LONG = 32;

/** Judges a segment. A violation must also occur without late reads and with longer intervals for clock errors. */
export function judgeSegment(segment: Segment, limit: Limit): { verdict: SegmentVerdict; steps: number } {
  const strict = judged(segment, segment.entries.map(exact), limit);
  const late = segment.entries.some(entry => entry.late);
  if (strict.verdict !== 'violated' || (!late && !severalClocks(segment)))
    return { verdict: strict.verdict === 'unknown' ? 'budget' : strict.verdict, steps: strict.steps };
  const loose = judged(segment, looseEntries(segment), limit);
  const steps = strict.steps + loose.steps;
  if (loose.verdict === 'ok') return { verdict: late ? 'late' : 'clocks', steps };
  return { verdict: loose.verdict === 'unknown' ? 'budget' : 'violated', steps };
}

const judged = ({ object, initial }: Segment, intervals: readonly Interval[], limit: Limit): Decision =>
  decide(object.kind, initial, intervals, limit);

const exact = ({ operation, sure }: Entry): LooseInterval => ({
  call: operation.call,
  return: sure ? (operation.return ?? Number.POSITIVE_INFINITY) : Number.POSITIVE_INFINITY,
  operation,
});

const severalClocks = ({ entries }: Segment): boolean =>
  entries.some(({ operation }) => operation.clock !== entries[0]?.operation.clock);

/** Leaves out late reads, and extends intervals by the uncertainty of several clocks. */
function looseEntries(segment: Segment): LooseInterval[] {
  const several = severalClocks(segment);
  return segment.entries
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

const relaxed = ({ operation }: Interval): Interval => ({
  call: Number.NEGATIVE_INFINITY,
  return: Number.POSITIVE_INFINITY,
  operation,
});

/** Returns the writes outside the witness, as operations that may have happened at any time, or never. */
const others = (all: readonly LooseInterval[], kept: readonly LooseInterval[]): Interval[] => {
  const keeps = new Set(kept);
  return all.filter(interval => !keeps.has(interval) && interval.operation.action !== 'read').map(relaxed);
};

/** Proves that a segment is not linearizable. @param isLate returns true if no time is left to shorten the proof */
export function nonlinear(segment: Segment, isLate?: Limit['isLate']) {
  const all = looseEntries(segment).sort((a, b) => a.call - b.call);
  const kept = smallest(segment, all, isLate);
  const found = searched(segment.object.kind, segment.initial, [...kept, ...others(all, kept)], EXPLANATION);
  const placed = found.verdict === 'ok' ? [] : found.placed;
  const culprit = (found.verdict === 'violated' ? kept[found.culprit] : undefined) ?? kept.at(-1);
  const shown =
    kept.length <= LONG ? kept : kept.filter((of, i) => of === culprit || i >= kept.length - SHOWN);
  const names = placed.flatMap(i => (kept[i] === undefined ? [] : [named(kept[i].operation)]));
  const what = segment.object.object.slice(0, segment.object.object.lastIndexOf('@'));
  return {
    summary: `no order of the requests on ${what} explains every response, with each taking effect between its call and its return`,
    witness: [
      ...beginning(segment, all, kept),
      ...shown.map(
        ({ operation }): Step => [
          operation,
          cameOf(operation, segment.object.kind),
          operation === culprit?.operation ? expectedAfter(placed, segment, kept) : undefined,
        ],
      ),
    ],
    notes: names.length === 0 ? [] : [`the longest order that explains the responses: ${names.join(', ')}`],
  };
}

function smallest(
  segment: Segment,
  all: readonly LooseInterval[],
  isLate: Limit['isLate'],
): readonly LooseInterval[] {
  let left = SHRINKING;
  const proves = (some: readonly LooseInterval[]): boolean => {
    const { verdict, steps } = judged(segment, [...some, ...others(all, some)], CANDIDATE);
    left -= steps + all.length;
    return verdict === 'violated';
  };
  return shrink(all, proves, () => left < 0 || isLate?.() === true);
}

function beginning(
  { object, initial, from }: Segment,
  all: readonly LooseInterval[],
  kept: readonly LooseInterval[],
): Step[] {
  if (from === undefined) return [];
  const action = object.kind === 'register' ? 'set' : 'add';
  const free = (initial ?? []).map(value => relaxed({ call: 0, return: 0, operation: { action, value } }));
  const anyhow = decide(object.kind, [], [...free, ...kept, ...others(all, kept)], CANDIDATE);
  if (object.kind !== 'counter' && anyhow.verdict === 'violated') return [];
  return [[from, `showed ${MODELS[object.kind].describe(initial ?? [])}`]];
}

function cameOf(operation: Operation, kind: ObjectKind): string {
  if (operation.action === 'read') return `saw ${MODELS[kind].describe(visibleIn(operation))}`;
  return operation.outcome === 'ok' ? 'acknowledged' : 'may have happened';
}

function expectedAfter(placed: readonly number[], segment: Segment, kept: readonly Interval[]): string {
  const model = MODELS[segment.object.kind];
  const state = placed.reduce((before, i) => {
    const operation = kept[i]?.operation;
    return (operation && model.step(before, operation)) ?? before;
  }, model.initial(segment.initial));
  return `a response that fits the state before it, ${model.describe(state)}`;
}

const named = ({ action, value }: Operation): string =>
  value === undefined ? action : `${action} "${value}"`;
