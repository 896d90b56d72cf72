/** A fault window: when something was disturbed, and what came of the requests, sessions and writes in its time. */

import type { Guarantee } from '../guarantees.ts';
import type { Budget, Declared, Fault, Operation } from '../history.ts';
import type { Anomaly, WitnessStep } from '../verdict.ts';
import type { Gap } from './gaps.ts';
import { WaitTimes } from './waits.ts';

/** How many requests there were, how many of them failed, and how many of those the crowded machine may explain. */
export interface Load {
  requests: number;
  failed: number;
  starved: number;
}

/** What was there before a fault, and what became of it. */
export interface Share {
  survived: number;
  gone: number;
}

/** From the moment at which a fault began to the one at which it was healed. */
export interface FaultWindow extends Omit<Fault, 'type' | 'clock'> {
  closed: boolean;
  /** What is declared of this fault. */
  budget: Budget;
  /** Requests that were under way between its begin and its end. */
  during: Load;
  /** Requests that were called after its end, and within its time to recover. */
  recovering: Load;
  /** The first failure that the machine does not explain. */
  failure?: Operation;
  /** The longest time in which requests waited and none was answered. */
  gap?: Gap;
  waits: WaitTimes;
  /** Clients that lost their session by it and logged in again. */
  relogins: number;
  sessions: Share;
  /** Acknowledged writes. */
  writes: Share;
  /** The first few of those that are gone. */
  examples: { session: WitnessStep[][]; write: WitnessStep[][] };
}

const none = (): Load => ({ requests: 0, failed: 0, starved: 0 });

export const windowOf = (
  { type: _, clock: __, ...fault }: Fault,
  declared: Declared | undefined,
): FaultWindow => ({
  ...fault,
  closed: fault.end !== undefined,
  budget: budgetOf(declared?.budgets, fault.name),
  during: none(),
  recovering: none(),
  waits: new WaitTimes(),
  relogins: 0,
  sessions: { survived: 0, gone: 0 },
  writes: { survived: 0, gone: 0 },
  examples: { session: [], write: [] },
});

type Budgets = Budget & { faults?: Readonly<Record<string, Budget>> | undefined };

/**
 * @param name of the fault; absent: of no single one
 * @returns what is declared of it: what is said of it by name wins over what is said of all
 */
export function budgetOf(budgets: Budgets = {}, name = ''): Budget {
  const { faults, ...all } = budgets;
  return { ...all, ...faults?.[name] };
}

type Times = Pick<Fault, 'begin' | 'end'>;

/** Whether an operation was under way in a window, or until so long after it. Intervals are closed. */
export function overlaps(
  { begin, end = Number.POSITIVE_INFINITY }: Times,
  { call, return: returned = Number.POSITIVE_INFINITY }: Pick<Operation, 'call' | 'return'>,
  after = 0,
): boolean {
  return returned >= begin && call <= end + after;
}

/** Until when its consequences are within its budget. */
export const overBy = ({ end = Number.POSITIVE_INFINITY, budget }: FaultWindow): number =>
  end + (budget.recovery ?? 0);

/**
 * Whether it took effect: that was seen when it was made, or by what was lost in its time. One answer for all who ask,
 * so that none speaks of losses by a fault that another takes for idle.
 */
export const tookEffect = ({ closed, bit, sessions, writes }: FaultWindow): boolean =>
  closed && (bit === true || sessions.gone + writes.gone > 0);

/** @returns why faults that did not take effect leave a verdict open; undefined when all did */
export function idle(windows: readonly FaultWindow[]): string | undefined {
  const vain = windows.filter(window => !tookEffect(window));
  if (vain.length === 0) return undefined;
  const names = [...new Set(vain.map(titleOf))].join(', ');
  return `not seen to take effect: ${names}. See that the fault reaches what it should disturb`;
}

/** What a person calls a fault: `kill of app-1`. */
export const titleOf = ({ name, where }: Pick<Fault, 'name' | 'where'>): string =>
  where === undefined ? name : `${name} of ${where}`;

/** More faults than these are not named. */
const NAMED = 3;
/** What says by itself which fault it is about. */
const OF_A_FAULT: readonly Guarantee[] = ['outage', 'survival', 'availability'];

/** @returns the anomaly, which names the faults that were going on while it came about */
export function amidFaults(anomaly: Anomaly, windows: readonly FaultWindow[]): Anomaly {
  if (OF_A_FAULT.includes(anomaly.guarantee)) return anomaly;
  const operations = anomaly.witness.map(step => step.operation);
  const call = Math.min(...operations.map(operation => operation.call));
  const end = Math.max(...operations.map(operation => operation.return ?? Number.POSITIVE_INFINITY));
  const met = windows.filter(window => overlaps(window, { call, return: end }));
  const names = [...new Set(met.map(titleOf))];
  if (names.length === 0) return anomaly;
  const rest = names.length > NAMED ? ` and ${names.length - NAMED} more` : '';
  return { ...anomaly, notes: [...anomaly.notes, `meanwhile: ${names.slice(0, NAMED).join(', ')}${rest}`] };
}
