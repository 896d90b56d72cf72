/**
 * Checks availability: during each fault, errors, waits, gaps and recovery stay within its budget. While no fault is
 * active, no request fails.
 */

import { lengthOf } from '../faults/gaps.ts';
import type { FaultLedger } from '../faults/ledger.ts';
import { type FaultWindow, idle, titleOf, tookEffect } from '../faults/window.ts';
import type { Event, Operation, Run } from '../history/history.ts';
import { counted, grouped, percent } from '../result/format.ts';
import { upperBound } from '../result/statistics.ts';
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
import { cameOf, down, exceeded, loadOf, seconds, starved } from './trouble.ts';

/** Minimum number of requests outside all fault windows, and in each window. */
const ENOUGH = 100;
const ENOUGH_IN_WINDOW = 10;

export const availability: Check = {
  guarantee: 'availability',
  assumes:
    'faults are timed by the run’s clock; requests that the run gave up are marked as aborted, and requests that its machine had no time for as starved',
  minimum: `${ENOUGH} requests outside fault windows, unless a window is the whole run, and ${ENOUGH_IN_WINDOW} in each`,
  start: (run, onAnomaly, faults) => new Availability(run, faults, onAnomaly),
  conclude: concluded,
};

class Availability implements Fold {
  readonly #mostWait: number;
  readonly #faults: FaultLedger;
  readonly #anomalies: Anomalies;
  #requests = 0;
  #errors = 0;
  /** Number of requests that failed or were late while the machine that runs Baton was starved. */
  #starved = 0;

  constructor({ declared }: Run, faults: FaultLedger, onAnomaly?: OnAnomaly) {
    this.#mostWait = declared?.budgets?.wait ?? Number.POSITIVE_INFINITY;
    this.#faults = faults;
    this.#anomalies = new Anomalies(onAnomaly);
  }

  event(event: Event): void {
    if (event.type !== 'fault' || event.end === undefined || event.healthy !== false) return;
    const { unready } = event;
    const what = unready === undefined ? 'not everything was healthy again' : `${unready} never got ready`;
    this.#anomalies.add(() => down(`${what} after ${titleOf(event)}`, []));
  }

  ended(operation: Operation): void {
    const { failed, touched, first, disturbed } = this.#faults.facts;
    if (failed === undefined) return;
    if (touched.length === 0) {
      this.#requests++;
      if (failed) this.#outside(operation);
    }
    if (first !== undefined && !disturbed) this.#waited(operation, first);
  }

  /** @param first the request with which the client's wait began; no fault window overlaps the wait */
  #waited(operation: Operation, first: Operation): void {
    const wait = (operation.return ?? operation.call) - first.call;
    if (wait <= this.#mostWait) return;
    if (operation.starved === true || first.starved === true) {
      this.#starved++;
      return;
    }
    const [came, expected] = [
      `${cameOf(operation)} after ${seconds(wait)}`,
      `a response within ${seconds(this.#mostWait)}`,
    ];
    this.#anomalies.add(() =>
      down(`a client waited ${seconds(wait)} for a success, and nothing was disturbed`, [
        { operation, expected, came },
      ]),
    );
  }

  #outside(operation: Operation): void {
    if (operation.starved === true) {
      this.#starved++;
      return;
    }
    this.#errors++;
    const came = cameOf(operation);
    const there = operation.instance === undefined ? '' : ` from ${operation.instance}`;
    this.#anomalies.add(() =>
      down(`a ${operation.action} got ${came}${there}, and nothing was disturbed${this.#after(operation)}`, [
        { operation, expected: 'a success', came },
      ]),
    );
  }

  /** Returns the time since the last fault ended, as a text for the summary. */
  #after({ call }: Operation): string {
    const last = this.#faults.windows.findLast(window => window.end !== undefined && window.end <= call);
    if (last?.end === undefined) return '';
    return ` (${titleOf(last)} had ended ${seconds(call - last.end)} before)`;
  }

  counts(): Counts {
    const { windows } = this.#faults;
    const loads = windows.map(loadOf);
    return {
      requests: this.#requests,
      errors: this.#errors,
      windows: windows.length,
      'in windows': loads.reduce((sum, load) => sum + load.requests, 0),
      'errors in windows': loads.reduce((sum, load) => sum + load.failed, 0),
      gap: Math.max(0, ...windows.map(gapOf)),
      'too few': loads.filter(({ requests }) => requests < ENOUGH_IN_WINDOW).length,
      starved: this.#starved,
      idle: windows.filter(window => !tookEffect(window)).length,
      down: this.#anomalies.count,
    };
  }

  finish(): Finding {
    for (const window of this.#faults.windows) {
      if (!tookEffect(window)) continue;
      const { anomalies, starved } = exceeded(window);
      this.#starved += starved;
      for (const anomaly of anomalies) this.#anomalies.add(() => anomaly);
    }
    const conclusion = concluded(this.counts());
    const without = idle(this.#faults.windows);
    return {
      ...conclusion,
      ...(conclusion.judgement === 'unknown' && without !== undefined ? { why: without } : {}),
      anomalies: this.#anomalies.kept,
    };
  }
}

const gapOf = ({ gap }: FaultWindow): number => (gap === undefined ? 0 : lengthOf(gap));

function concluded(counts: Counts): Conclusion {
  const of = reader(counts);
  const [requests, errors, windows, broken] = [of('requests'), of('errors'), of('windows'), of('down')];
  const outside =
    errors === 0
      ? `at most ${percent(upperBound(0, requests))} of requests fail while nothing is disturbed`
      : `${grouped(errors)} of ${counted(requests, 'request')} failed while nothing was disturbed`;
  const inside =
    windows === 0
      ? ''
      : `in ${counted(windows, 'fault window')} ${grouped(of('errors in windows'))} of ` +
        `${grouped(of('in windows'))} failed, longest gap ${seconds(of('gap'))}`;
  const rests = { requests, 'fault windows': windows, 'requests in them': of('in windows') };
  const parts = [requests === 0 && windows > 0 ? '' : outside, inside];
  return conclude(broken, missing(counts), rests, parts.filter(part => part !== '').join('; '));
}

function missing(counts: Counts): string | undefined {
  const of = reader(counts);
  if (of('starved') > 0) return starved(of('starved'));
  if (of('idle') > 0) return `${counted(of('idle'), 'fault')} not seen to take effect`;
  if (of('too few') > 0) {
    return `fewer than ${ENOUGH_IN_WINDOW} requests in ${counted(of('too few'), 'fault window')}: keep the load going`;
  }
  const wholeRun = of('requests') === 0 && of('windows') > 0;
  if (of('requests') < ENOUGH && !wholeRun) {
    return `${counted(of('requests'), 'request')} outside fault windows, ${ENOUGH} are needed: run for longer`;
  }
  return undefined;
}
