/** Lists the claims of baton.yaml that do not hold for a given SESSION_STORE and BASKET_STORE of the card store. */
import type { Guarantee } from '../core/result/guarantees.ts';

/** Guarantees that break if a store saves a session as one value: of two concurrent saves, the last one wins. */
const WHOLE_SESSIONS: readonly Guarantee[] = ['no-lost-updates', 'linearizability'];

/**
 * Key: SESSION_STORE; value: guarantees that the store does not claim. `memory` claims all guarantees, because it
 * serves as an example of violations.
 */
const IN_SESSIONS: Record<string, readonly Guarantee[]> = {
  'redis-attributes': [],
  'redis-locked': [],
  dynamodb: [],
  memory: [],
  memcached: WHOLE_SESSIONS,
  'connect-redis': [...WHOLE_SESSIONS, 'logout-final'],
  postgres: [...WHOLE_SESSIONS, 'logout-final'],
  cookie: [...WHOLE_SESSIONS, 'logout-final'],
};

/**
 * Key: SESSION_STORE, if BASKET_STORE is postgres; value: guarantees that the store does not claim. Baskets are not in
 * sessions then, so a session changes only at a login.
 */
const WITH_BASKET_TABLES: Record<string, readonly Guarantee[]> = { cookie: ['logout-final'] };

/**
 * Returns the guarantees that the card store does not claim.
 *
 * @param env the environment of the instances
 */
export function unclaimedGuarantees(env: Record<string, string | undefined>): readonly Guarantee[] {
  const store = env['SESSION_STORE'] || 'redis-attributes';
  return (basketOfUser(env) ? WITH_BASKET_TABLES : IN_SESSIONS)[store] ?? [];
}

/** Returns whether all sessions of a user share one basket. In baton.yaml, each session has its own. */
export function basketOfUser(env: Record<string, string | undefined>): boolean {
  return env['BASKET_STORE'] === 'postgres';
}
