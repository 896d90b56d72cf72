/** Lists which claims of baton.yaml do not apply to the card store, depending on SESSION_STORE and BASKET_STORE. */
import type { Guarantee } from '../core/result/guarantees.ts';

/** Guarantees that break if a store saves a session as one value: of two concurrent saves, the last one wins. */
const WHOLE_SESSIONS: readonly Guarantee[] = ['no-lost-updates', 'linearizability'];

/**
 * The guarantees that each SESSION_STORE does not claim. `memory` claims all, although it breaks some, because it is
 * the example in which Baton must find violations.
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
 * The guarantees that each SESSION_STORE does not claim if BASKET_STORE=postgres. The baskets are then in tables, and a
 * session changes only at a login. So a store that is not listed here claims all guarantees.
 */
const WITH_BASKET_TABLES: Record<string, readonly Guarantee[]> = { cookie: ['logout-final'] };

/** Returns the guarantees that the card store does not claim. @param env the environment of the instances */
export function unclaimedGuarantees(env: Record<string, string | undefined>): readonly Guarantee[] {
  const store = env['SESSION_STORE'] || 'redis-attributes';
  return (basketOfUser(env) ? WITH_BASKET_TABLES : IN_SESSIONS)[store] ?? [];
}

/** Returns whether all sessions of a user share one basket, unlike in baton.yaml, where each session has its own. */
export function basketOfUser(env: Record<string, string | undefined>): boolean {
  return env['BASKET_STORE'] === 'postgres';
}
