/** What the card store claims less than baton.yaml says, by where its sessions and baskets are. */
import type { Guarantee } from '../verify/core/guarantees.ts';

/** The whole session is one value, and the last save of it wins. */
const WHOLE_SESSIONS: readonly Guarantee[] = ['no-lost-updates', 'linearizability'];

/** By SESSION_STORE, baskets being in the sessions. `memory` drops nothing: it is there to be caught. */
const IN_SESSIONS: Record<string, readonly Guarantee[]> = {
  'redis-attributes': [],
  'redis-locked': [],
  memory: [],
  memcached: WHOLE_SESSIONS,
  'connect-redis': [...WHOLE_SESSIONS, 'logout-final'],
  postgres: [...WHOLE_SESSIONS, 'logout-final'],
  cookie: [...WHOLE_SESSIONS, 'logout-final'],
};

/** As above, with BASKET_STORE=postgres: then no request but a login saves a session. */
const BESIDE_TABLES: Record<string, readonly Guarantee[]> = { cookie: ['logout-final'] };

/** @param env of the instances */
export function notKept(env: Record<string, string | undefined>): readonly Guarantee[] {
  const store = env['SESSION_STORE'] || 'redis-attributes';
  return (basketOfUser(env) ? BESIDE_TABLES : IN_SESSIONS)[store] ?? [];
}

/** Whether all sessions of a user share one basket, where baton.yaml says that each has its own. */
export function basketOfUser(env: Record<string, string | undefined>): boolean {
  return env['BASKET_STORE'] === 'postgres';
}
