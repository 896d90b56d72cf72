/** Fault windows: when something was disturbed, and which operations met it. */
import type { Guarantee } from './guarantees.ts';
import type { Budget, Declared, Event, Fault, Operation } from './history.ts';
import type { Anomaly } from './verdict.ts';

/** From the moment at which a fault began to the one at which it was healed. */
export interface Window extends Omit<Fault, 'type' | 'clock'> {
  closed: boolean;
}

export class Windows {
  readonly all: Window[] = [];
  /** How many are open. */
  open = 0;
  /** End of the last one that was closed, microseconds. */
  until = Number.NEGATIVE_INFINITY;
  readonly #wanted: (fault: Fault) => boolean;

  /** @param wanted which faults matter; all when absent */
  constructor(wanted: (fault: Fault) => boolean = () => true) {
    this.#wanted = wanted;
  }

  /** Takes in any line. @returns the window that it opens or closes */
  event(event: Event): Window | undefined {
    if (event.type !== 'fault') return undefined;
    const { type: _, clock: __, ...fault } = event;
    const known = this.all.find(window => window.id === fault.id && !window.closed);
    if (known === undefined && !this.#wanted(event)) return undefined;
    const window: Window = known ?? { ...fault, closed: false };
    if (known === undefined) {
      this.all.push(window);
      this.open++;
    } else Object.assign(window, fault);
    if (window.end !== undefined) {
      window.closed = true;
      this.open--;
      this.until = Math.max(this.until, window.end);
    }
    return window;
  }

  /** Whether an operation was under way while something was disturbed. */
  met(operation: Operation): boolean {
    if (this.open === 0 && operation.call > this.until) return false;
    return this.all.some(window => meets(window, operation));
  }

  /** Whether anything was disturbed from a moment on. */
  since(moment: number): boolean {
    return this.open > 0 || this.until >= moment;
  }
}

/** Closed intervals: what touches has met. */
export function meets(window: Window, { call, return: end = Number.POSITIVE_INFINITY }: Operation): boolean {
  return end >= window.begin && call <= (window.end ?? Number.POSITIVE_INFINITY);
}

/** What a person calls a fault: `kill of app-1`. */
export const titleOf = ({ name, where }: Pick<Fault, 'name' | 'where'>): string =>
  where === undefined ? name : `${name} of ${where}`;

/** More faults than these are not named. */
const NAMED = 3;
/** What says by itself which fault it is about. */
const OF_A_FAULT: readonly Guarantee[] = ['outage', 'survival', 'availability'];

/** @returns the anomaly, which names the faults that were going on while it came about */
export function amidFaults(anomaly: Anomaly, windows: readonly Window[]): Anomaly {
  if (OF_A_FAULT.includes(anomaly.guarantee)) return anomaly;
  const operations = anomaly.witness.map(step => step.operation);
  const call = Math.min(...operations.map(operation => operation.call));
  const end = Math.max(...operations.map(operation => operation.return ?? Number.POSITIVE_INFINITY));
  const met = windows.filter(
    ({ begin, end: until = Number.POSITIVE_INFINITY }) => end >= begin && call <= until,
  );
  const names = [...new Set(met.map(titleOf))];
  if (names.length === 0) return anomaly;
  const rest = names.length > NAMED ? ` and ${names.length - NAMED} more` : '';
  return { ...anomaly, notes: [...anomaly.notes, `meanwhile: ${names.slice(0, NAMED).join(', ')}${rest}`] };
}

/** @returns why faults that were not seen to take effect leave a verdict open; undefined when all bit */
export function idle(windows: readonly Window[]): string | undefined {
  const vain = windows.filter(window => !window.closed || window.bit !== true);
  if (vain.length === 0) return undefined;
  const names = [...new Set(vain.map(titleOf))].join(', ');
  return `not seen to take effect: ${names}. See that the fault reaches what it should disturb`;
}

/** @returns what is declared of this fault: what is said of it by name wins over what is said of all */
export function budgetOf(declared: Declared | undefined, { name }: Pick<Fault, 'name'>): Budget {
  const { faults, ...all } = declared?.budgets ?? {};
  return { ...all, ...faults?.[name] };
}
