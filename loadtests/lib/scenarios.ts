/** How k6 spreads the iterations over virtual users and time. Pure. */
import type { Options } from 'k6/options';
import type { Settings } from './settings.ts';

/** k6's own --vus and --duration override these where there is no RATE. */
export function loadOf({ users, rate, duration }: Settings): Options {
  if (rate === undefined) return { vus: users, duration };
  return arrivalsOf(users, { executor: 'constant-arrival-rate', rate, duration });
}

/** How long logins may take before the load of an arrival rate begins, seconds: ten a second are slow. */
export const warmUpOf = (users: number): number => 3 + Math.ceil(users / 10);

/**
 * An arrival rate whose users log in before it begins: a login takes long on purpose, so iterations would be dropped,
 * and what is measured would be the hashing of passwords. The virtual users of one scenario are those of the next.
 */
export function arrivalsOf(users: number, load: object): Options {
  const warmUp = `${warmUpOf(users)}s`;
  return {
    scenarios: {
      login: {
        executor: 'per-vu-iterations',
        vus: users,
        iterations: 1,
        maxDuration: warmUp,
        exec: 'warmUp',
      },
      load: { startTime: warmUp, preAllocatedVUs: users, maxVUs: users, ...load },
    } as unknown as NonNullable<Options['scenarios']>,
  };
}
