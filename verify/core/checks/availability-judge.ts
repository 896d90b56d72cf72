import { lengthOf } from '../faults/gaps.ts';
import { titleOf, tookEffect } from '../faults/window.ts';
import type { Event, Operation } from '../history/history.ts';
import { seconds, withArticle } from '../result/format.ts';
import type { Conclusion } from './check.ts';
import { Judging, violation } from './framework.ts';
import { ResponseTimes } from './response-times.ts';
import { cameOf, exceeded, loadOf, naming } from './trouble.ts';

export const ENOUGH = 100;
export const ENOUGH_IN_WINDOW = 10;

export class AvailabilityCounts {
  /** Number of requests outside fault windows. `errors`: how many of these requests failed. */
  requests = 0;
  errors = 0;
  windows = 0;
  requestsInWindows = 0;
  errorsInWindows = 0;
  /** Longest interval in a fault window in which requests were waiting and none succeeded, microseconds. */
  gap = 0;
  tooFew = 0;
  /** Number of requests that failed or were late while the machine that runs Baton lacked CPU time (was starved). */
  starved = 0;
  withoutEffect = 0;
}

export class Availability extends Judging<AvailabilityCounts> {
  readonly #mostWait = this.run.declared?.budgets?.wait ?? Number.POSITIVE_INFINITY;
  readonly #times = new ResponseTimes(this.run);

  override event(event: Event): void {
    if (event.type !== 'fault' || event.end === undefined || event.healthy !== false) return;
    const { unready } = event;
    const what = unready === undefined ? 'not everything was healthy again' : `${unready} never got ready`;
    this.report(() => violation(`${what} after ${titleOf(event)}`));
  }

  override ended(operation: Operation): void {
    const { failed, touched, first, disturbed } = this.faults.facts;
    if (failed === undefined) return;
    if (touched.length === 0) {
      this.count.requests++;
      if (failed) this.#outside(operation);
      else this.#times.add(operation);
    }
    if (first !== undefined && !disturbed) this.#waited(operation, first);
  }

  /** Judges the wait since `first`, the client's first failed request since its last success. */
  #waited(operation: Operation, first: Operation): void {
    const wait = (operation.return ?? operation.call) - first.call;
    if (wait <= this.#mostWait) return;
    if (operation.starved === true || first.starved === true) {
      this.count.starved++;
      return;
    }
    const came = `${cameOf(operation)} after ${seconds(wait)}`;
    const expected = `a response within ${seconds(this.#mostWait)}`;
    const summary = `a client waited ${seconds(wait)} for a success, although there was no fault`;
    this.report(() => violation(summary, [operation, came, expected]));
  }

  #outside(operation: Operation): void {
    if (operation.starved === true) {
      this.count.starved++;
      return;
    }
    this.count.errors++;
    const came = cameOf(operation);
    const there = operation.instance === undefined ? '' : ` from ${operation.instance}`;
    const summary = `${withArticle(operation.action)} got ${came}${there}, although there was no fault${this.#after(operation)}`;
    this.report(() => violation(summary, [operation, came, 'a success']));
  }

  #after({ call }: Operation): string {
    const last = this.faults.windows.findLast(window => window.end !== undefined && window.end <= call);
    if (last?.end === undefined) return '';
    return ` (${titleOf(last)} had ended ${seconds(call - last.end)} before)`;
  }

  override recount(): void {
    const { windows } = this.faults;
    const { count } = this;
    count.windows = windows.length;
    const loads = windows.map(loadOf);
    count.requestsInWindows = loads.reduce((sum, load) => sum + load.requests, 0);
    count.errorsInWindows = loads.reduce((sum, load) => sum + load.failed, 0);
    count.gap = Math.max(0, ...windows.map(({ gap }) => lengthOf(gap)));
    count.tooFew = loads.filter(({ requests }) => requests < ENOUGH_IN_WINDOW).length;
    count.withoutEffect = windows.filter(window => !tookEffect(window)).length;
  }

  override settle(): void {
    // A lack of CPU time also slows down responses, so the limits of response times are not checked.
    const times = this.count.starved === 0 ? [this.#times.exceeded(ENOUGH)] : [];
    for (const found of [...times, ...this.faults.windows.filter(tookEffect).map(exceeded)]) {
      this.count.starved += found.starved;
      for (const violation of found.violations) this.report(() => violation);
    }
  }

  override conclusion(fromCounts: Conclusion): Conclusion {
    return naming(this.faults.windows, fromCounts);
  }
}
