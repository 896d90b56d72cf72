/**
 * Chooses and prepares the servers in which the instances keep their data: Redis and, for example, PostgreSQL for
 * sessions.
 */
import { planClusterRedis } from './cluster.ts';
import { planSentinelRedis } from './sentinel.ts';
import type { ServerKind } from './server-kinds.ts';
import { type BackingServer, planServer, requireServers } from './servers.ts';
import type { OnDeath } from './stack.ts';

/** Environment variables of one instance. Some of them choose where the instance keeps sessions and baskets. */
type Environment = Record<string, string | undefined>;

export interface BackingServers {
  readonly redis: BackingServer;
  /**
   * The server that stores the sessions. If no server stores sessions, for example because they are in cookies, it is
   * Redis.
   */
  readonly store: BackingServer;
  /** All servers to start. The first server is the session store. */
  readonly servers: readonly BackingServer[];
}

export interface BackingOptions {
  /** Environment variables of each instance. */
  environments: readonly Environment[];
  /**
   * Name of the balancer's program, such as nginx. If several programs are missing, one error names all of them,
   * including this program.
   */
  balancer: string;
  /** Additional arguments of redis-server. They override the stack's own arguments. */
  redis?: readonly string[] | undefined;
  onDeath: OnDeath;
}

/**
 * The values of STACK_REDIS. For each value: the kind of each Redis server, and the function that prepares several
 * servers as a group.
 */
const REDIS = {
  plain: { kind: 'redis' },
  hardened: { kind: 'hardened' },
  valkey: { kind: 'valkey' },
  sentinel: { kind: 'redis', plan: planSentinelRedis },
  cluster: { kind: 'hardened', plan: planClusterRedis },
} as const satisfies Record<string, { kind: ServerKind; plan?: typeof planSentinelRedis }>;

/**
 * Prepares the servers that the instances need, and chooses their ports. Throws one MissingProgramError that names all
 * missing programs, or an error if STACK_REDIS has an unknown value.
 */
export async function planBacking(wanted: BackingOptions): Promise<BackingServers> {
  const { environments, onDeath, balancer, redis: args = [] } = wanted;
  const { kind, ...several } = REDIS[redisOf(environments)];
  const others: ServerKind[] = [];
  const stores = environments.map(({ SESSION_STORE }) => SESSION_STORE);
  if (stores.includes('postgres') || environments.some(env => env['BASKET_STORE'] === 'postgres'))
    others.push('postgres');
  for (const store of ['memcached', 'dynamodb'] as const) if (stores.includes(store)) others.push(store);
  requireServers([kind, ...others], [balancer]);
  const options = { args, onDeath };
  const redis = 'plan' in several ? await several.plan(options) : await planServer(kind, options);
  const servers = [redis, ...(await Promise.all(others.map(other => planServer(other, { onDeath }))))];
  const store = servers.find(({ name }) => stores.includes(name)) ?? redis;
  return { redis, store, servers: [store, ...servers.filter(server => server !== store)] };
}

function redisOf([first]: readonly Environment[]): keyof typeof REDIS {
  const wanted = first?.['STACK_REDIS'] || 'plain';
  const all = Object.keys(REDIS) as (keyof typeof REDIS)[];
  const found = all.find(name => name === wanted);
  if (found) return found;
  throw new Error(`STACK_REDIS: expected one of ${all.join(', ')}, got ${JSON.stringify(wanted)}`);
}
