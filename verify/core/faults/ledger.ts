/** Keeps a window for each fault of a run, and records the effects of the fault. */
import type { Declared, Event, Fault, Operation, Run } from '../history/history.ts';
import type { Standing } from '../timeline/sessions.ts';
import { Gaps, lengthOf } from './gaps.ts';
import { type FaultWindow, type Load, overBy, overlaps, windowOf } from './window.ts';

export interface FaultFacts {
  /** True if the operation failed. Undefined if the run aborted the operation, or if its end is not known. */
  failed: boolean | undefined;
  touched: readonly FaultWindow[];
  /** The client's first failed request since its last success; this operation if there is none. */
  first: Operation | undefined;
  /** True if a fault window overlaps the time from the client's first failed request to this operation. */
  disturbed: boolean;
}

const UNTOUCHED: readonly FaultWindow[] = [];

export class FaultLedger {
  readonly windows: FaultWindow[] = [];
  open = 0;
  facts: FaultFacts = { failed: undefined, touched: UNTOUCHED, first: undefined, disturbed: false };
  readonly #declared: Declared | undefined;
  /** The latest end of all recovery times after faults, microseconds. */
  #over = Number.NEGATIVE_INFINITY;
  #last = Number.NEGATIVE_INFINITY;
  readonly #gaps = new Gaps();
  /** Key: a session; value: its first failed request since its last success. */
  readonly #waiting = new Map<string, Operation>();
  /** Key: a client that lost its session and has not logged in again; value: the fault that caused the loss. */
  readonly #lostBy = new Map<string, FaultWindow>();

  constructor({ declared }: Pick<Run, 'declared'>) {
    this.#declared = declared;
  }

  event(event: Event): void {
    if (event.type === 'fault') this.#fault(event);
    if (event.type === 'finish') this.#last = Math.max(this.#last, event.at);
    if (event.type === 'session' && event.event === 'ended') this.#waiting.delete(event.session);
  }

  #fault(fault: Fault): void {
    const known = this.windows.find(window => window.id === fault.id && !window.closed);
    const window = known ?? windowOf(fault, this.#declared);
    if (known === undefined) this.windows.push(window);
    else {
      const { type: _, clock: __, ...more } = fault;
      Object.assign(known, more, { closed: fault.end !== undefined });
    }
    this.open = this.windows.filter(({ closed }) => !closed).length;
    if (window.closed) this.#over = Math.max(this.#over, overBy(window));
  }

  ended(operation: Operation, standing: Standing): void {
    const failed = failedOf(operation);
    this.#last = Math.max(this.#last, operation.return ?? operation.call);
    const touched = this.#touchedBy(operation);
    this.facts = { failed, touched, first: undefined, disturbed: false };
    this.#gaps.ended(operation, failed, (from, until) =>
      this.windows.some(window => until >= window.begin && from <= overBy(window)),
    );
    if (failed === undefined) return;
    for (let i = 0; i < touched.length; i++) count(touched[i] as FaultWindow, operation, failed);
    if (operation.with !== undefined) return;
    this.#waited(operation, failed);
    if (this.windows.length > 0) this.#relogin(operation, standing);
  }

  #touchedBy(operation: Pick<Operation, 'call' | 'return'>): readonly FaultWindow[] {
    if (this.open === 0 && operation.call > this.#over) return UNTOUCHED;
    return this.windows.filter(window => overlaps(window, operation, window.budget.recovery));
  }

  #waited(operation: Operation, failed: boolean): void {
    const first = this.#waiting.get(operation.session) ?? operation;
    if (failed) this.#waiting.set(operation.session, first);
    else this.#waiting.delete(operation.session);
    this.facts.first = first;
    if (this.open === 0 && first.call > this.#over) return;
    const wait = { call: first.call, return: operation.return ?? operation.call };
    for (const window of this.windows) {
      if (!overlaps(window, wait)) continue;
      this.facts.disturbed = true;
      window.waits.add(first, operation, failed);
    }
  }

  /** Counts a repeated login for the fault that caused the loss of the session. */
  #relogin(operation: Operation, { session, live }: Standing): void {
    const { client, call, return: end = call } = operation;
    if (live && session.lost === operation) {
      const by = this.windows.findLast(window => window.begin <= end);
      if (by !== undefined) this.#lostBy.set(client, by);
    } else if (operation.action === 'login' && operation.outcome === 'ok') {
      const by = this.#lostBy.get(client);
      if (by !== undefined) by.relogins++;
      this.#lostBy.delete(client);
    }
  }

  finish(): void {
    for (const gap of this.#gaps.finish(this.#last)) {
      for (const window of this.windows) {
        const touches = gap.until >= window.begin && Math.max(gap.from, gap.firstWait) <= overBy(window);
        const longer = window.gap === undefined || lengthOf(gap) > lengthOf(window.gap);
        if (touches && longer) window.gap = gap;
      }
    }
  }

  overlaps(operation: Pick<Operation, 'call' | 'return'>): boolean {
    return this.#touchedBy(operation).length > 0;
  }

  since(moment: number): boolean {
    return this.open > 0 || this.#over >= moment;
  }
}

/** Returns undefined if the operation was aborted, has no end, or failed with a forged cookie. */
function failedOf({ status, note, return: end, with: cookies }: Operation): boolean | undefined {
  if (status !== undefined && status < 500) return false;
  if (cookies === 'forged') return undefined;
  return status === undefined && (note === 'aborted' || note === 'oversized' || end === undefined)
    ? undefined
    : true;
}

function count(window: FaultWindow, operation: Operation, failed: boolean): void {
  const load: Load = overlaps(window, operation) ? window.during : window.recovering;
  load.requests++;
  if (!failed) return;
  load.failed++;
  if (operation.starved === true) load.starved++;
  else window.failure ??= operation;
}
