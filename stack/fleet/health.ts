/** Derives the health of an instance from the results of its checks. Pure: no clock, no network. */

export type HealthState =
  /** The instance is registered, but was not found healthy yet. */
  'initial' | 'healthy' | 'unhealthy';

export interface Thresholds {
  /** Number of failed checks in a row after which an instance is unhealthy. */
  unhealthy: number;
  /** Number of passed checks in a row after which an unhealthy instance is healthy again. */
  healthy: number;
  /** Number of passed checks in a row after which a new instance is healthy. */
  first: number;
}

export interface Health {
  readonly state: HealthState;
  /** Result of the last check; undefined before the first. */
  readonly passed: boolean | undefined;
  /** Number of latest checks in a row with the same result. */
  readonly run: number;
}

export const NEW: Health = { state: 'initial', passed: undefined, run: 0 };
/** The health of an instance that already serves. One failed check does not make it unhealthy. */
export const SERVING: Health = { state: 'healthy', passed: true, run: 1 };

/** Returns the health after one more check. */
export function after({ state, passed: last, run }: Health, passed: boolean, thresholds: Thresholds): Health {
  const now = { passed, run: passed === last ? run + 1 : 1 };
  if (!passed) return { ...now, state: now.run >= thresholds.unhealthy ? 'unhealthy' : state };
  const needed = state === 'initial' ? thresholds.first : thresholds.healthy;
  return { ...now, state: now.run >= needed ? 'healthy' : state };
}
