/** Defines a fault window: the interval of one fault, and the effects of the fault. */
import type { Budget, Declared, Fault, Operation } from '../history/history.ts';
import { listed } from '../result/format.ts';
import type { Guarantee } from '../result/guarantees.ts';
import type { Anomaly, Step } from '../result/verdict.ts';
import type { Gap } from './gaps.ts';
import { WaitTimes } from './waits.ts';

/** `starved`: failed requests that a lack of CPU time on Baton's machine may explain. */
export interface Load {
  requests: number;
  failed: number;
  starved: number;
}

/** How many sessions or writes from before a fault survived the fault, and how many it lost (`gone`). */
export interface Survivors {
  survived: number;
  gone: number;
}

/** The interval from the start of a fault until it was healed, with the fault's effects. */
export interface FaultWindow extends Omit<Fault, 'type' | 'clock'> {
  closed: boolean;
  budget: Budget;
  during: Load;
  recovering: Load;
  /** The first failed request in the window that a lack of CPU time on Baton's machine cannot explain. */
  failure?: Operation;
  gap?: Gap;
  waits: WaitTimes;
  relogins: number;
  sessions: Survivors;
  writes: Survivors;
  examples: { session: Step[][]; write: Step[][] };
}

const none = (): Load => ({ requests: 0, failed: 0, starved: 0 });

export const windowOf = ({ type: _, clock: __, ...fault }: Fault, declared?: Declared): FaultWindow => ({
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

/** Returns the budget of a fault. A limit that is declared for this fault replaces the limit for all faults. */
export function budgetOf(budgets: Budgets = {}, name = ''): Budget {
  const { faults, ...all } = budgets;
  return { ...all, ...faults?.[name] };
}

type Times = Pick<Fault, 'begin' | 'end'>;

/** @param after time by which the window is extended, microseconds */
export function overlaps(
  { begin, end = Number.POSITIVE_INFINITY }: Times,
  { call, return: returned = Number.POSITIVE_INFINITY }: Pick<Operation, 'call' | 'return'>,
  after = 0,
): boolean {
  return returned >= begin && call <= end + after;
}

export const overBy = ({ end = Number.POSITIVE_INFINITY, budget }: FaultWindow): number =>
  end + (budget.recovery ?? 0);

/** Returns whether Baton observed an effect of the fault (`bit`), or sessions or writes were lost. */
export const tookEffect = ({ closed, bit, sessions, writes }: FaultWindow): boolean =>
  closed && (bit === true || sessions.gone + writes.gone > 0);

/** Returns the reason for the verdict `unknown` if some faults are not known to have taken effect. */
export function withoutEffect(windows: readonly FaultWindow[]): string | undefined {
  const without = windows.filter(window => !tookEffect(window));
  if (without.length === 0) return undefined;
  const names = [...new Set(without.map(titleOf))].join(', ');
  return `no effect was seen of ${names}: check that the fault reaches what it should disturb`;
}

/** Returns the name of a fault for reports, such as `kill of app-1`. */
export const titleOf = ({ name, where }: Pick<Fault, 'name' | 'where'>): string =>
  where === undefined ? name : `${name} of ${where}`;

const NAMED = 3;
const OF_A_FAULT: readonly Guarantee[] = ['outage', 'survival', 'availability'];

export function amidFaults(anomaly: Anomaly, windows: readonly FaultWindow[]): Anomaly {
  if (OF_A_FAULT.includes(anomaly.guarantee)) return anomaly;
  const operations = anomaly.witness.map(step => step.operation);
  const call = Math.min(...operations.map(operation => operation.call));
  const end = Math.max(...operations.map(operation => operation.return ?? Number.POSITIVE_INFINITY));
  const overlapping = windows.filter(window => overlaps(window, { call, return: end }));
  const names = [...new Set(overlapping.map(titleOf))];
  if (names.length === 0) return anomaly;
  return { ...anomaly, notes: [...anomaly.notes, `overlapping faults: ${listed(names, NAMED)}`] };
}
