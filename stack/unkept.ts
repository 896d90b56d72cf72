/** What the bundled card store cannot keep with each store, and so does not claim: data for whoever makes its claims. */
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

/** Takes the environment of the instances. */
export function unkept(env: Record<string, string | undefined>): readonly Guarantee[] {
  const store = env['SESSION_STORE'] || 'redis-attributes';
  const table = env['BASKET_STORE'] === 'postgres' ? BESIDE_TABLES : IN_SESSIONS;
  return table[store] ?? [];
}
