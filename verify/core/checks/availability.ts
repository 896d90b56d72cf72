/** availability: errors, hangs, gaps and recovery stay within the declared budget; outside faults there are none. */
import {
  Anomalies,
  type Check,
  type Conclusion,
  type Counts,
  conclude,
  counted,
  type Finding,
  type Fold,
  grouped,
  percent,
  reader,
  type Tell,
} from '../check.ts';
import type { Event, Operation, Run } from '../history.ts';
import type { SessionState } from '../sessions.ts';
import { upperBound } from '../statistics.ts';
import { Waiting } from '../waiting.ts';
import { budgetOf, idle, titleOf, type Window, Windows } from '../windows.ts';
import { cameOf, down, exceeded, seconds, starved, type Trouble } from './trouble.ts';

/** Requests outside fault windows, and in each. */
const ENOUGH = 100;
const ENOUGH_IN_WINDOW = 10;

export const availability: Check = {
  guarantee: 'availability',
  assumes:
    'faults are timed by the run’s clock; what the run itself gave up is noted as aborted, and what its machine had no time for as starved',
  minimum: `${ENOUGH} requests outside fault windows, unless a window is the whole run, and ${ENOUGH_IN_WINDOW} in each`,
  start: (run, tell) => new Availability(run, tell),
  conclude: concluded,
};

class Availability implements Fold {
  readonly #run: Run;
  readonly #grace: number;
  readonly #anomalies: Anomalies;
  readonly #windows = new Windows();
  readonly #troubles = new Map<Window, Trouble>();
  #requests = 0;
  #errors = 0;
  /** What failed or was late and may be the fault of the machine that Baton runs on. */
  #starved = 0;
  /** The last success, the first error after it, and the windows that this error fell into. */
  #success: Operation | undefined;
  #error: Operation | undefined;
  #gapOf: Trouble[] = [];
  readonly #waiting = new Waiting();

  constructor(run: Run, tell?: Tell) {
    this.#run = run;
    this.#grace = run.declared?.budgets?.recovery ?? 0;
    this.#anomalies = new Anomalies(tell);
  }

  event(event: Event): void {
    const window = this.#windows.event(event);
    if (window === undefined) return;
    if (!this.#troubles.has(window))
      this.#troubles.set(window, { window, requests: 0, errors: 0, starved: 0, gap: 0, wait: 0 });
    else if (window.healthy === false) {
      const { unready } = window;
      const what = unready === undefined ? 'not everything was healthy again' : `${unready} never got ready`;
      this.#anomalies.add(() => down(`${what} after ${titleOf(window)}`, []));
    }
  }

  ended(operation: Operation): void {
    const { status } = operation;
    const failed = status === undefined ? isError(operation) : status >= 500;
    if (failed === undefined || (failed && operation.with === 'forged')) return;
    const calm = this.#windows.open === 0 && operation.call > this.#windows.until + this.#grace;
    if (calm) {
      this.#requests++;
      if (failed) this.#outside(operation);
    } else this.#inside(operation, failed);
    if (operation.with === undefined) this.#waited(operation, this.#waiting.ended(operation, failed));
    if (failed) this.#error ??= operation;
    else this.#succeeded(operation);
  }

  sessionEnded({ session }: SessionState): void {
    this.#waiting.sessionEnded(session);
  }

  /** @param first when it was first asked for: it belongs to the faults that began before somebody had it */
  #waited(operation: Operation, first: Operation): void {
    const wait = (operation.return ?? operation.call) - first.call;
    let met = false;
    for (const trouble of this.#troubles.values()) {
      const { begin, end = Number.POSITIVE_INFINITY } = trouble.window;
      if (first.call > end || first.call + wait < begin) continue;
      met = true;
      if (wait > trouble.wait) Object.assign(trouble, { wait, waited: [first, operation] });
    }
    const most = this.#run.declared?.budgets?.wait ?? Number.POSITIVE_INFINITY;
    if (met || wait <= most) return;
    if (operation.starved === true || first.starved === true) {
      this.#starved++;
      return;
    }
    const [came, expected] = [
      `${cameOf(operation)} after ${seconds(wait)}`,
      `an answer within ${seconds(most)}`,
    ];
    this.#anomalies.add(() =>
      down(`somebody waited ${seconds(wait)} for an answer, and nothing was disturbed`, [
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
        { operation, expected: 'an answer', came },
      ]),
    );
  }

  /** How long the last fault had been over. */
  #after({ call }: Operation): string {
    const last = this.#windows.all.findLast(window => window.end !== undefined && window.end <= call);
    if (last?.end === undefined) return '';
    return ` (${titleOf(last)} had been over for ${seconds(call - last.end)})`;
  }

  #inside(operation: Operation, failed: boolean): void {
    let met = false;
    for (const trouble of this.#troubles.values()) {
      const { window } = trouble;
      const end = operation.return ?? Number.POSITIVE_INFINITY;
      if (end < window.begin || operation.call > (window.end ?? Number.POSITIVE_INFINITY) + this.#grace)
        continue;
      met = true;
      trouble.requests++;
      if (!failed) continue;
      trouble.errors++;
      if (operation.starved === true) trouble.starved++;
      else trouble.first ??= operation;
      if (!this.#gapOf.includes(trouble)) this.#gapOf.push(trouble);
    }
    if (met) return;
    this.#requests++;
    if (failed) this.#outside(operation);
  }

  #succeeded(operation: Operation): void {
    const [before, error] = [this.#success, this.#error];
    this.#success = operation;
    if (error === undefined) return;
    this.#error = undefined;
    for (const trouble of this.#gapOf) {
      const from = before?.return ?? error.call;
      const gap = (operation.return ?? operation.call) - from;
      if (gap <= trouble.gap) continue;
      trouble.gap = gap;
      trouble.around = [
        ...(before === undefined ? [] : [{ operation: before, came: 'answered' }]),
        { operation: error, came: cameOf(error) },
        { operation, expected: 'an answer sooner', came: `the next answer, ${seconds(gap)} after the last` },
      ];
    }
    if (this.#gapOf.length > 0) this.#gapOf = [];
  }

  counts(): Counts {
    const troubles = [...this.#troubles.values()];
    return {
      requests: this.#requests,
      errors: this.#errors,
      windows: troubles.length,
      'in windows': troubles.reduce((sum, trouble) => sum + trouble.requests, 0),
      'errors in windows': troubles.reduce((sum, trouble) => sum + trouble.errors, 0),
      gap: Math.max(0, ...troubles.map(trouble => trouble.gap)),
      'too few': troubles.filter(({ requests }) => requests < ENOUGH_IN_WINDOW).length,
      starved: this.#starved,
      idle: troubles.filter(({ window }) => !window.closed || window.bit !== true).length,
      down: this.#anomalies.count,
    };
  }

  finish(): Finding {
    for (const trouble of this.#troubles.values()) {
      if (trouble.window.bit !== true) continue;
      const { anomalies, starved } = exceeded(trouble, budgetOf(this.#run.declared, trouble.window));
      this.#starved += starved;
      for (const anomaly of anomalies) this.#anomalies.add(() => anomaly);
    }
    const conclusion = concluded(this.counts());
    const vain = idle(this.#windows.all);
    return {
      ...conclusion,
      ...(conclusion.judgement === 'unknown' && vain !== undefined ? { why: vain } : {}),
      anomalies: this.#anomalies.kept,
    };
  }
}

/** @returns undefined for what we gave up ourselves, or never knew the end of: it says nothing of the target */
function isError({ note, return: end }: Operation): boolean | undefined {
  return note === 'aborted' || note === 'oversized' || end === undefined ? undefined : true;
}

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
        `${grouped(of('in windows'))} failed, longest gap among errors ${seconds(of('gap'))}`;
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
