/** Finds requests in the probes of a target. A probe describes data that Baton reads and writes. */
import type { Target } from '../target/load.ts';
import type { Probe, WriteSpec } from '../target/schema.ts';

/**
 * Returns the request that writes the data of a probe.
 *
 * @throws Error if the probe has no such request
 */
export function writing(probe: Probe): WriteSpec {
  const request = writeOf(probe);
  if (request !== undefined) return request;
  throw new Error(
    `probe ${probe.object}: expected a request that writes (add, set or increment), found none`,
  );
}

export const writeOf = ({ kind, add, set, increment }: Probe): WriteSpec | undefined =>
  ({ counter: increment, register: set })[kind as 'counter'] ?? add;

/**
 * Returns true if a session must read the probe's data before its first write, because Baton does not know the value
 * that the data has.
 */
export const numbered = ({ kind }: Probe): boolean => kind === 'register' || kind === 'counter';

/** Returns the first writable probe whose data belongs to a session or user. */
export const privately = ({ probes }: Pick<Target, 'probes'>): Probe | undefined =>
  probes.find(probe => probe.scope !== 'all' && writeOf(probe) !== undefined);

export const writable = ({ probes }: Pick<Target, 'probes'>): Probe | undefined =>
  probes.find(probe => writeOf(probe) !== undefined);
