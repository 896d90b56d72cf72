/** Defines a fault window: the time of one fault, and what the fault did to requests, sessions and writes. */

import type { Budget, Declared, Fault, Operation } from '../history/history.ts';
import type { Guarantee } from '../result/guarantees.ts';
import type { Anomaly, WitnessStep } from '../result/verdict.ts';
import type { Gap } from './gaps.ts';
import { WaitTimes } from './waits.ts';

/** Counts of requests. `starved`: failed requests that a starved machine may explain. */
export interface Load {
  requests: number;
  failed: number;
  starved: number;
}

/** Counts of sessions, or of writes, that were there before a fault: how many survived it, and how many it lost. */
export interface Survivors {
  survived: number;
  gone: number;
}

/** The interval from the start of a fault until it was healed, with the effects of the fault. */
export interface FaultWindow extends Omit<Fault, 'type' | 'clock'> {
  closed: boolean;
  /** The declared budget of this fault. */
  budget: Budget;
  /** Counts of requests that overlap the window. */
  during: Load;
  /** Counts of requests that were sent in the declared recovery time after the fault. */
  recovering: Load;
  /** The first failed request in the window that a starved machine cannot explain. */
  failure?: Operation;
  /** The longest gap that overlaps the window. In a gap, requests were waiting and none succeeded. */
  gap?: Gap;
  waits: WaitTimes;
  /** Number of clients that this fault made lose their session, and that logged in again. */
  relogins: number;
  sessions: Survivors;
  /** Acknowledged writes from before the fault. */
  writes: Survivors;
  /** The proofs of the first few sessions and writes that were lost. */
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

/** Returns the budget of a fault. A limit that is declared for this fault replaces the same limit for all faults. */
export function budgetOf(budgets: Budgets = {}, name = ''): Budget {
  const { faults, ...all } = budgets;
  return { ...all, ...faults?.[name] };
}

type Times = Pick<Fault, 'begin' | 'end'>;

/** Returns whether an operation overlaps a window, or the `after` microseconds that follow it. */
export function overlaps(
  { begin, end = Number.POSITIVE_INFINITY }: Times,
  { call, return: returned = Number.POSITIVE_INFINITY }: Pick<Operation, 'call' | 'return'>,
  after = 0,
): boolean {
  return returned >= begin && call <= end + after;
}

/** Returns the time at which the recovery time of a window ends. */
export const overBy = ({ end = Number.POSITIVE_INFINITY, budget }: FaultWindow): number =>
  end + (budget.recovery ?? 0);

/**
 * Returns whether a fault is known to have taken effect: this was observed (`bit`), or sessions or writes were lost.
 */
export const tookEffect = ({ closed, bit, sessions, writes }: FaultWindow): boolean =>
  closed && (bit === true || sessions.gone + writes.gone > 0);

/**
 * @returns the reason for the verdict `unknown` if faults are not known to have taken effect; undefined if
 * all are
 */
export function withoutEffect(windows: readonly FaultWindow[]): string | undefined {
  const without = windows.filter(window => !tookEffect(window));
  if (without.length === 0) return undefined;
  const names = [...new Set(without.map(titleOf))].join(', ');
  return `not seen to take effect: ${names}. Check that the fault reaches the part that it should disturb`;
}

/** Returns the name of a fault for reports, such as `kill of app-1`. */
export const titleOf = ({ name, where }: Pick<Fault, 'name' | 'where'>): string =>
  where === undefined ? name : `${name} of ${where}`;

/** Maximum number of faults that a note names. */
const NAMED = 3;
/** Guarantees whose anomalies name the fault already, so that no note is added. */
const OF_A_FAULT: readonly Guarantee[] = ['outage', 'survival', 'availability'];

/** @returns the anomaly, with an added note that names the faults that overlap its witness */
export function amidFaults(anomaly: Anomaly, windows: readonly FaultWindow[]): Anomaly {
  if (OF_A_FAULT.includes(anomaly.guarantee)) return anomaly;
  const operations = anomaly.witness.map(step => step.operation);
  const call = Math.min(...operations.map(operation => operation.call));
  const end = Math.max(...operations.map(operation => operation.return ?? Number.POSITIVE_INFINITY));
  const overlapping = windows.filter(window => overlaps(window, { call, return: end }));
  const names = [...new Set(overlapping.map(titleOf))];
  if (names.length === 0) return anomaly;
  const rest = names.length > NAMED ? ` and ${names.length - NAMED} more` : '';
  return {
    ...anomaly,
    notes: [...anomaly.notes, `overlapping faults: ${names.slice(0, NAMED).join(', ')}${rest}`],
  };
}
