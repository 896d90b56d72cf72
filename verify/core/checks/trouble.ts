/** Compares the failures and waits during a fault with the fault's budget. */
import { lengthOf } from '../faults/gaps.ts';
import { type FaultWindow, type Load, titleOf, withoutEffect } from '../faults/window.ts';
import type { Operation } from '../history/history.ts';
import { counted, percent, seconds } from '../result/format.ts';
import type { Conclusion } from './check.ts';
import { type Violation, violation } from './framework.ts';

export const loadOf = ({ during, recovering }: FaultWindow): Load => ({
  requests: during.requests + recovering.requests,
  failed: during.failed + recovering.failed,
  starved: during.starved + recovering.starved,
});

/** `starved`: number of failures and waits that a lack of CPU time on Baton's machine may explain. */
export function exceeded(window: FaultWindow): { violations: Violation[]; starved: number } {
  const { requests, failed, starved } = loadOf(window);
  const all = [tooMany(window), tooLong(window), waitedTooLong(window)];
  const violations = all.filter(violation => violation !== undefined);
  const certain = violations.filter(({ witness }) =>
    witness.every(([operation]) => operation?.starved !== true),
  );
  const most = window.budget.errors ?? 1;
  const more = all[0] === undefined && failed / Math.max(1, requests) > most ? starved : 0;
  return { violations: certain, starved: more + violations.length - certain.length };
}

function tooMany(window: FaultWindow): Violation | undefined {
  const { budget, failure } = window;
  const { requests, failed, starved } = loadOf(window);
  const share = requests === 0 ? 0 : (failed - starved) / requests;
  if (budget.errors === undefined || share <= budget.errors) return undefined;
  const came = `${percent(share)} of ${counted(requests, 'request')} failed during ${titleOf(window)}`;
  const expected = `at most ${percent(budget.errors)}`;
  return violation(`${came}; ${expected} may fail`, [failure, came, expected]);
}

function tooLong(window: FaultWindow): Violation | undefined {
  const { budget, gap } = window;
  if (budget.gap === undefined || gap === undefined || lengthOf(gap) <= budget.gap) return undefined;
  const { before, error, after } = gap;
  const length = seconds(lengthOf(gap));
  const open = after === undefined ? ', until the run ended' : '';
  return {
    at: before ?? error ?? after,
    summary: `no request succeeded for ${length} during ${titleOf(window)}${open}; the limit is ${seconds(budget.gap)}`,
    witness: [
      [before, 'success'],
      [error, error === undefined ? '' : cameOf(error)],
      [after, `the next success, after ${length}`, 'a success sooner'],
    ],
  };
}

function waitedTooLong(window: FaultWindow): Violation | undefined {
  const { budget, waits } = window;
  if (budget.wait === undefined || waits.longest <= budget.wait || waits.example === undefined)
    return undefined;
  const [first, last] = waits.example;
  const wait = seconds(waits.longest);
  const expected = `a response within ${seconds(budget.wait)}`;
  const came = `${cameOf(last)}, ${wait} after the first request`;
  return violation(
    `a client waited ${wait} for a success during ${titleOf(window)}`,
    [first === last ? undefined : first, cameOf(first)],
    [last, came, expected],
  );
}

export const cameOf = ({ status, note }: Operation): string => String(status ?? note ?? 'no response');

export function naming(windows: readonly FaultWindow[], conclusion: Conclusion): Conclusion {
  const without = withoutEffect(windows);
  return conclusion.judgement === 'unknown' && without !== undefined
    ? { ...conclusion, why: without }
    : conclusion;
}

const CROWDED = "too many processes waited for this machine's cores";

/** Returns the reason for `unknown` if a lack of CPU time on Baton's machine may explain the failures. */
export const starved = (requests: number): string =>
  `${counted(requests, 'request')} failed or took too long while ${CROWDED}: run less on this machine, or use a larger one`;
