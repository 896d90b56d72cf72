/** Lists the guarantees of baton.yaml that the card store does not claim, by the stores of sessions and baskets. */
import type { Guarantee } from '../verify/core/guarantees.ts';

/** Not claimed if the whole session is one value: the last save of it wins. */
const WHOLE_SESSIONS: readonly Guarantee[] = ['no-lost-updates', 'linearizability'];

/** By SESSION_STORE, with baskets in the sessions. `memory` still claims all guarantees: Baton must find it broken. */
const IN_SESSIONS: Record<string, readonly Guarantee[]> = {
  'redis-attributes': [],
  'redis-locked': [],
  memory: [],
  memcached: WHOLE_SESSIONS,
  'connect-redis': [...WHOLE_SESSIONS, 'logout-final'],
  postgres: [...WHOLE_SESSIONS, 'logout-final'],
  cookie: [...WHOLE_SESSIONS, 'logout-final'],
};

/** The same with BASKET_STORE=postgres: then only a login saves a session. */
const BESIDE_TABLES: Record<string, readonly Guarantee[]> = { cookie: ['logout-final'] };

/**
 * Returns the guarantees that the card store does not claim.
 *
 * @param env of the instances
 */
export function notKept(env: Record<string, string | undefined>): readonly Guarantee[] {
  const store = env['SESSION_STORE'] || 'redis-attributes';
  return (basketOfUser(env) ? BESIDE_TABLES : IN_SESSIONS)[store] ?? [];
}

/** Returns whether all sessions of a user share one basket. baton.yaml describes one basket for each session. */
export function basketOfUser(env: Record<string, string | undefined>): boolean {
  return env['BASKET_STORE'] === 'postgres';
}
