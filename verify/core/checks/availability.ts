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
import { upperBound } from '../statistics.ts';
import type { Anomaly, WitnessStep } from '../verdict.ts';
import { budgetOf, idle, titleOf, type Window, Windows } from '../windows.ts';

/** Requests outside fault windows, and in each. */
const ENOUGH = 100;
const ENOUGH_IN_WINDOW = 10;

export const availability: Check = {
  guarantee: 'availability',
  assumes: 'faults are timed by the run’s clock; what the run itself gave up is noted as aborted',
  minimum: `${ENOUGH} requests outside fault windows, and ${ENOUGH_IN_WINDOW} in each`,
  start: (run, tell) => new Availability(run, tell),
  conclude: concluded,
};

/** A fault window, with what came of the requests that were called in it, or until it had to be over. */
interface Trouble {
  window: Window;
  requests: number;
  errors: number;
  /** Longest time without any success, among errors, microseconds. */
  gap: number;
  /** The first error, and those around the longest gap. */
  first?: Operation;
  around?: WitnessStep[];
}

class Availability implements Fold {
  readonly #run: Run;
  readonly #grace: number;
  readonly #anomalies: Anomalies;
  readonly #windows = new Windows();
  readonly #troubles = new Map<Window, Trouble>();
  #requests = 0;
  #errors = 0;
  /** The last success, the first error after it, and the windows that this error fell into. */
  #success: Operation | undefined;
  #error: Operation | undefined;
  #gapOf: Trouble[] = [];

  constructor(run: Run, tell?: Tell) {
    this.#run = run;
    this.#grace = run.declared?.budgets?.recovery ?? 0;
    this.#anomalies = new Anomalies(tell);
  }

  event(event: Event): void {
    const window = this.#windows.event(event);
    if (window === undefined) return;
    if (!this.#troubles.has(window)) this.#troubles.set(window, { window, requests: 0, errors: 0, gap: 0 });
    else if (window.healthy === false) {
      this.#anomalies.add(() => down(`not everything was healthy again after ${titleOf(window)}`, []));
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
    if (failed) this.#error ??= operation;
    else this.#succeeded(operation);
  }

  #outside(operation: Operation): void {
    this.#errors++;
    const came = String(operation.status ?? operation.note ?? 'no answer');
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
      trouble.first ??= operation;
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
        { operation: error, came: String(error.status ?? error.note ?? 'no answer') },
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
      idle: troubles.filter(({ window }) => !window.closed || window.bit !== true).length,
      down: this.#anomalies.count,
    };
  }

  finish(): Finding {
    for (const trouble of this.#troubles.values()) if (trouble.window.bit === true) this.#budget(trouble);
    const conclusion = concluded(this.counts());
    const vain = idle(this.#windows.all);
    return {
      ...conclusion,
      ...(conclusion.judgement === 'unknown' && vain !== undefined ? { why: vain } : {}),
      anomalies: this.#anomalies.kept,
    };
  }

  #budget({ window, requests, errors, gap, first, around = [] }: Trouble): void {
    const budgets = budgetOf(this.#run.declared, window);
    const share = requests === 0 ? 0 : errors / requests;
    if (budgets.errors !== undefined && share > budgets.errors) {
      const came = `${percent(share)} of ${counted(requests, 'request')} failed during ${titleOf(window)}`;
      const expected = `at most ${percent(budgets.errors)}`;
      this.#anomalies.add(() =>
        down(`${came}; ${expected} may`, first === undefined ? [] : [{ operation: first, expected, came }]),
      );
    }
    if (budgets.gap !== undefined && gap > budgets.gap) {
      const told = `nobody got an answer for ${seconds(gap)} during ${titleOf(window)}`;
      this.#anomalies.add(() => down(`${told}; at most ${seconds(budgets.gap ?? 0)} may pass`, around));
    }
  }
}

/** @returns undefined for what we gave up ourselves, or never knew the end of: it says nothing of the target */
function isError({ note, return: end }: Operation): boolean | undefined {
  return note === 'aborted' || note === 'oversized' || end === undefined ? undefined : true;
}

const seconds = (time: number): string => `${Number((time / 1e6).toFixed(2))} s`;

const down = (summary: string, witness: WitnessStep[]): Anomaly => ({
  name: 'DOWN',
  guarantee: 'availability',
  ...(witness[0] === undefined
    ? {}
    : { session: witness[0].operation.session, user: witness[0].operation.user }),
  summary,
  witness,
  notes: [],
});

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
      : `; in ${counted(windows, 'fault window')} ${grouped(of('errors in windows'))} of ` +
        `${grouped(of('in windows'))} failed, longest gap among errors ${seconds(of('gap'))}`;
  const rests = { requests, 'fault windows': windows, 'requests in them': of('in windows') };
  return conclude(broken, missing(counts), rests, outside + inside);
}

function missing(counts: Counts): string | undefined {
  const of = reader(counts);
  if (of('idle') > 0) return `${counted(of('idle'), 'fault')} not seen to take effect`;
  if (of('too few') > 0) {
    return `fewer than ${ENOUGH_IN_WINDOW} requests in ${counted(of('too few'), 'fault window')}: keep the load going`;
  }
  if (of('requests') < ENOUGH) {
    return `${counted(of('requests'), 'request')} outside fault windows, ${ENOUGH} are needed: run for longer`;
  }
  return undefined;
}
