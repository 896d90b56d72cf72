/** Lists the guarantees of baton.yaml that the card store does not claim, by SESSION_STORE and BASKET_STORE. */
import type { Guarantee } from '../core/result/guarantees.ts';

/**
 * Guarantees that are not claimed if a store saves a session as one value, because the last save replaces all earlier
 * saves.
 */
const WHOLE_SESSIONS: readonly Guarantee[] = ['no-lost-updates', 'linearizability'];

/**
 * The guarantees that are not claimed, by SESSION_STORE. `memory` claims all guarantees, because Baton must find this
 * store broken.
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
 * The guarantees that are not claimed with BASKET_STORE=postgres, by SESSION_STORE. With these baskets, only a login
 * saves a session.
 */
const BESIDE_TABLES: Record<string, readonly Guarantee[]> = { cookie: ['logout-final'] };

/** Returns the guarantees that the card store does not claim. @param env the environment of the instances */
export function notKept(env: Record<string, string | undefined>): readonly Guarantee[] {
  const store = env['SESSION_STORE'] || 'redis-attributes';
  return (basketOfUser(env) ? BESIDE_TABLES : IN_SESSIONS)[store] ?? [];
}

/** Returns whether all sessions of a user share one basket. baton.yaml describes a separate basket for each session. */
export function basketOfUser(env: Record<string, string | undefined>): boolean {
  return env['BASKET_STORE'] === 'postgres';
}
