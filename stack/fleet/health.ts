/** What results of health checks make of an instance. Pure: no clock, no network. */

export type State =
  /** Registered, and not yet found healthy. */
  'initial' | 'healthy' | 'unhealthy';

export interface Thresholds {
  /** So many failed checks in a row, and an instance is unhealthy. */
  unhealthy: number;
  /** So many passed in a row, and one that was unhealthy is healthy again. */
  healthy: number;
  /** So many passed in a row, and one that is new is healthy. */
  first: number;
}

export interface Health {
  readonly state: State;
  /** Of the last check; undefined before the first. */
  readonly passed: boolean | undefined;
  /** So many checks in a row came out like the last. */
  readonly run: number;
}

export const NEW: Health = { state: 'initial', passed: undefined, run: 0 };
/** One that serves already: a single failed check does not count against it. */
export const SERVING: Health = { state: 'healthy', passed: true, run: 1 };

/** @returns the health after one more check */
export function after({ state, passed: last, run }: Health, passed: boolean, thresholds: Thresholds): Health {
  const now = { passed, run: passed === last ? run + 1 : 1 };
  if (!passed) return { ...now, state: now.run >= thresholds.unhealthy ? 'unhealthy' : state };
  const needed = state === 'initial' ? thresholds.first : thresholds.healthy;
  return { ...now, state: now.run >= needed ? 'healthy' : state };
}
