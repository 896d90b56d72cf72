/**
 * Checks availability: during each fault, errors, waits, gaps and recovery stay within its budget. While no fault is
 * active, no request fails.
 */
import { lengthOf } from '../faults/gaps.ts';
import { type FaultWindow, titleOf, tookEffect } from '../faults/window.ts';
import type { Event, Operation } from '../history/history.ts';
import { counted, grouped, percent, seconds } from '../result/format.ts';
import { PERCENTILES, type Percentile } from '../result/latency.ts';
import type { Conclusion } from './check.ts';
import { atMost, check, few, Judging } from './framework.ts';
import { cameOf, down, exceeded, loadOf, naming, starved } from './trouble.ts';

/** Minimum number of requests outside all fault windows, and in each window. */
const ENOUGH = 100;
const ENOUGH_IN_WINDOW = 10;

interface Requests {
  /** Number of requests outside fault windows, and those of them that failed. */
  requests: number;
  errors: number;
  windows: number;
  requestsInWindows: number;
  errorsInWindows: number;
  /** The longest gap in a window, microseconds. */
  gap: number;
  /** Number of windows with too few requests. */
  tooFew: number;
  /** Number of requests that failed or were late while the machine that runs Baton was starved. */
  starved: number;
  /** Number of faults that were not seen to take effect. */
  withoutEffect: number;
}

class Availability extends Judging<Requests> {
  readonly #mostWait = this.run.declared?.budgets?.wait ?? Number.POSITIVE_INFINITY;
  /** The limits of response times, microseconds. */
  readonly #times = Object.entries(this.run.declared?.budgets?.latency ?? {}) as [Percentile, number][];
  /** For each limit, the number of responses that took longer. */
  readonly #slower = { p50: 0, p90: 0, p95: 0, p99: 0 };
  #successes = 0;

  override event(event: Event): void {
    if (event.type !== 'fault' || event.end === undefined || event.healthy !== false) return;
    const { unready } = event;
    const what = unready === undefined ? 'not everything was healthy again' : `${unready} never got ready`;
    this.report(() => down(`${what} after ${titleOf(event)}`, []));
  }

  override ended(operation: Operation): void {
    const { failed, touched, first, disturbed } = this.faults.facts;
    if (failed === undefined) return;
    if (touched.length === 0) {
      this.count.requests++;
      if (failed) this.#outside(operation);
      else this.#timed(operation);
    }
    if (first !== undefined && !disturbed) this.#waited(operation, first);
  }

  #timed({ outcome, call, late = 0, return: end }: Operation): void {
    if (outcome !== 'ok' || end === undefined) return;
    this.#successes++;
    for (const [name, limit] of this.#times) if (end - call + late > limit) this.#slower[name]++;
  }

  /** @param first the request with which the client's wait began; no fault window overlaps the wait */
  #waited(operation: Operation, first: Operation): void {
    const wait = (operation.return ?? operation.call) - first.call;
    if (wait <= this.#mostWait) return;
    if (operation.starved === true || first.starved === true) {
      this.count.starved++;
      return;
    }
    const came = `${cameOf(operation)} after ${seconds(wait)}`;
    const expected = `a response within ${seconds(this.#mostWait)}`;
    const summary = `a client waited ${seconds(wait)} for a success, and nothing was disturbed`;
    this.report(() => down(summary, [{ operation, expected, came }]));
  }

  #outside(operation: Operation): void {
    if (operation.starved === true) {
      this.count.starved++;
      return;
    }
    this.count.errors++;
    const came = cameOf(operation);
    const there = operation.instance === undefined ? '' : ` from ${operation.instance}`;
    const summary = `a ${operation.action} got ${came}${there}, and nothing was disturbed${this.#after(operation)}`;
    this.report(() => down(summary, [{ operation, expected: 'a success', came }]));
  }

  /** Returns the time since the last fault ended, as a text for the summary. */
  #after({ call }: Operation): string {
    const last = this.faults.windows.findLast(window => window.end !== undefined && window.end <= call);
    if (last?.end === undefined) return '';
    return ` (${titleOf(last)} had ended ${seconds(call - last.end)} before)`;
  }

  override recount(): void {
    const { windows } = this.faults;
    const { count } = this;
    count.windows = windows.length;
    if (windows.length === 0) return;
    const loads = windows.map(loadOf);
    count.requestsInWindows = loads.reduce((sum, load) => sum + load.requests, 0);
    count.errorsInWindows = loads.reduce((sum, load) => sum + load.failed, 0);
    count.gap = Math.max(0, ...windows.map(gapOf));
    count.tooFew = loads.filter(({ requests }) => requests < ENOUGH_IN_WINDOW).length;
    count.withoutEffect = windows.filter(window => !tookEffect(window)).length;
  }

  /** Reports the limits of response times that too many responses exceed, unless a starved machine may explain it. */
  #slow(): void {
    if (this.#successes < ENOUGH || this.count.starved > 0) return;
    for (const [name, limit] of this.#times) {
      const share = this.#slower[name] / this.#successes;
      const most = 1 - PERCENTILES[name];
      if (share <= most) continue;
      const summary =
        `${percent(share)} of ${counted(this.#successes, 'response')} took longer than ${limit / 1000} ms, and nothing ` +
        `was disturbed; the budget for ${name} allows ${percent(most)}`;
      this.report(() => down(summary, []));
    }
  }

  override settle(): void {
    this.#slow();
    for (const window of this.faults.windows) {
      if (!tookEffect(window)) continue;
      const found = exceeded(window);
      this.count.starved += found.starved;
      for (const violation of found.violations) this.report(() => violation);
    }
  }

  override conclusion(fromCounts: Conclusion): Conclusion {
    return naming(this.faults.windows, fromCounts);
  }
}

const gapOf = ({ gap }: FaultWindow): number => (gap === undefined ? 0 : lengthOf(gap));

function findingOf(count: Requests): string {
  const { requests, errors, windows, requestsInWindows, errorsInWindows, gap } = count;
  const outside =
    errors === 0
      ? `${atMost(requests)} of requests fail while nothing is disturbed`
      : `${grouped(errors)} of ${counted(requests, 'request')} failed while nothing was disturbed`;
  if (windows === 0) return outside;
  const inside =
    `in ${counted(windows, 'fault window')} ${grouped(errorsInWindows)} of ${grouped(requestsInWindows)} failed, ` +
    `longest gap ${seconds(gap)}`;
  return requests === 0 ? inside : `${outside}; ${inside}`;
}

export const availability = check<Requests>({
  guarantee: 'availability',
  assumes:
    'faults are timed by the run’s clock; requests that the run gave up are marked as aborted, and requests that its machine had no time for as starved',
  minimum: `${ENOUGH} requests outside fault windows, unless a window is the whole run, and ${ENOUGH_IN_WINDOW} in each`,
  judge: Availability,
  counts: () => ({
    ...{ requests: 0, errors: 0, windows: 0, requestsInWindows: 0, errorsInWindows: 0, gap: 0 },
    ...{ tooFew: 0, starved: 0, withoutEffect: 0 },
  }),
  compared: ({ requests, requestsInWindows }) => requests + requestsInWindows,
  missing(count) {
    if (count.starved > 0) return starved(count.starved);
    if (count.withoutEffect > 0) return `${counted(count.withoutEffect, 'fault')} not seen to take effect`;
    if (count.tooFew > 0)
      return `fewer than ${ENOUGH_IN_WINDOW} requests in ${counted(count.tooFew, 'fault window')}: keep the load going`;
    const wholeRun = count.requests === 0 && count.windows > 0;
    if (wholeRun) return undefined;
    return few(count.requests, ENOUGH, 'request', ' outside fault windows', 'run for longer');
  },
  rests: ({ requests, windows, requestsInWindows }) => ({
    ...{ requests, 'fault windows': windows, 'requests in them': requestsInWindows },
  }),
  rulesOut: findingOf,
  broken: (_violations, count) => findingOf(count),
});
