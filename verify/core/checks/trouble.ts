/** What people met while something was disturbed, and what of it exceeds a budget. */
import { counted, percent } from '../check.ts';
import type { Budget, Operation } from '../history.ts';
import type { Anomaly, WitnessStep } from '../verdict.ts';
import { titleOf, type Window } from '../windows.ts';

/** A fault window, with what came of the requests that were called in it, or until it had to be over. */
export interface Trouble {
  window: Window;
  requests: number;
  errors: number;
  /** Of the errors: those that the machine of the run may be what is behind. */
  starved: number;
  /** Longest time without any success, among errors, microseconds. */
  gap: number;
  /** Longest time until somebody got what they asked for, however often, microseconds. */
  wait: number;
  /** The first error that is none of these, those around the longest gap, and what began and ended the longest wait. */
  first?: Operation;
  around?: WitnessStep[];
  waited?: [Operation, Operation];
}

/**
 * @returns what exceeds the budget of the fault, and how many requests would make it more if the machine of the run had
 *   had time for them
 */
export function exceeded(trouble: Trouble, budget: Budget): { anomalies: Anomaly[]; starved: number } {
  const { requests, errors, starved } = trouble;
  const all = [tooMany(trouble, budget), tooLong(trouble, budget), waitedTooLong(trouble, budget)];
  const anomalies = all.filter(anomaly => anomaly !== undefined);
  const theirs = anomalies.filter(({ witness }) =>
    witness.every(({ operation }) => operation.starved !== true),
  );
  const more = all[0] === undefined && errors / Math.max(1, requests) > (budget.errors ?? 1) ? starved : 0;
  return { anomalies: theirs, starved: more + anomalies.length - theirs.length };
}

function tooMany({ window, requests, errors, starved, first }: Trouble, budget: Budget): Anomaly | undefined {
  const share = requests === 0 ? 0 : (errors - starved) / requests;
  if (budget.errors === undefined || share <= budget.errors) return undefined;
  const came = `${percent(share)} of ${counted(requests, 'request')} failed during ${titleOf(window)}`;
  const expected = `at most ${percent(budget.errors)}`;
  return down(`${came}; ${expected} may`, first === undefined ? [] : [{ operation: first, expected, came }]);
}

function tooLong({ window, gap, around = [] }: Trouble, budget: Budget): Anomaly | undefined {
  if (budget.gap === undefined || gap <= budget.gap) return undefined;
  const told = `nobody got an answer for ${seconds(gap)} during ${titleOf(window)}`;
  return down(`${told}; at most ${seconds(budget.gap)} may pass`, around);
}

function waitedTooLong({ window, wait, waited }: Trouble, budget: Budget): Anomaly | undefined {
  if (budget.wait === undefined || wait <= budget.wait || waited === undefined) return undefined;
  const [first, last] = waited;
  const expected = `an answer within ${seconds(budget.wait)}`;
  const came = `${cameOf(last)}, ${seconds(wait)} after it was first asked for`;
  return down(`somebody waited ${seconds(wait)} for an answer during ${titleOf(window)}`, [
    ...(first === last ? [] : [{ operation: first, came: cameOf(first) }]),
    { operation: last, expected, came },
  ]);
}

/** What came of a request, in a word. */
export const cameOf = ({ status, note }: Operation): string => String(status ?? note ?? 'no answer');

export const seconds = (time: number): string => `${Number((time / 1e6).toFixed(2))} s`;

export const down = (summary: string, witness: WitnessStep[]): Anomaly => ({
  name: 'DOWN',
  guarantee: 'availability',
  ...(witness[0] === undefined
    ? {}
    : { session: witness[0].operation.session, user: witness[0].operation.user }),
  summary,
  witness,
  notes: [],
});

/** What makes a request `starved`, as it is told. */
export const CROWDED = "too many processes waited for this machine's cores";

/** @returns why so many requests that failed or came late leave a verdict open */
export const starved = (requests: number): string =>
  `${counted(requests, 'request')} failed or came late while ${CROWDED}: run less beside it, or take a larger one`;
