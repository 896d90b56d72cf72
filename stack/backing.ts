/**
 * Chooses and prepares the servers in which the instances keep their data: Redis, and for example PostgreSQL
 * for sessions.
 */
import { planClusterRedis } from './cluster.ts';
import { planSentinelRedis } from './sentinel.ts';
import type { ServerKind } from './server-kinds.ts';
import { type BackingServer, planServer, requireServers } from './servers.ts';

/** Environment variables of one instance. Some of them choose where it keeps sessions and baskets. */
type Environment = Record<string, string | undefined>;

export interface BackingServers {
  readonly redis: BackingServer;
  /** The server that stores the sessions. Redis if sessions are not on a server, for example in a cookie. */
  readonly store: BackingServer;
  /** All servers to start. The first is the session store. */
  readonly servers: readonly BackingServer[];
}

export interface BackingOptions {
  /** The environment of each instance. */
  environments: readonly Environment[];
  /**
   * Name of the balancer's program, such as nginx. If programs are missing, one error names all of them, this
   * one included.
   */
  balancer: string;
  /** Arguments of redis-server that override the arguments from the stack. */
  redis?: readonly string[] | undefined;
  /** Called with the exit status and the last output when a server ends unexpectedly. */
  onDeath: (description: string) => void;
}

/** Maps each value of STACK_REDIS to the kind of server that it starts. */
const KINDS = {
  plain: 'redis',
  hardened: 'hardened',
  valkey: 'valkey',
  sentinel: 'redis',
  cluster: 'hardened',
} as const satisfies Record<string, ServerKind>;
const REDIS = Object.keys(KINDS) as (keyof typeof KINDS)[];

/** The functions that prepare a Redis of several servers. */
const PLANS: Partial<Record<keyof typeof KINDS, typeof planSentinelRedis>> = {
  sentinel: planSentinelRedis,
  cluster: planClusterRedis,
};

/**
 * Prepares the servers that the instances need, and chooses their ports. Throws one MissingProgramError that names all
 * missing programs, or an error if STACK_REDIS has an unknown value.
 */
export async function planBacking(options: BackingOptions): Promise<BackingServers> {
  const { environments, onDeath, balancer, redis: args = [] } = options;
  const wanted = redisOf(environments);
  const kind = KINDS[wanted];
  const others: ServerKind[] = [];
  const stores = environments.map(({ SESSION_STORE }) => SESSION_STORE);
  if (stores.includes('postgres') || environments.some(env => env['BASKET_STORE'] === 'postgres'))
    others.push('postgres');
  for (const store of ['memcached', 'dynamodb'] as const) if (stores.includes(store)) others.push(store);
  requireServers([kind, ...others], [balancer]);
  const plan = PLANS[wanted] ?? (options => planServer(kind, options));
  const redis = await plan({ args, onDeath });
  const servers = [redis, ...(await Promise.all(others.map(other => planServer(other, { onDeath }))))];
  const store = servers.find(({ name }) => stores.includes(name)) ?? redis;
  return { redis, store, servers: [store, ...servers.filter(server => server !== store)] };
}

function redisOf(environments: readonly Environment[]): keyof typeof KINDS {
  const wanted = environments[0]?.['STACK_REDIS'] || 'plain';
  const found = REDIS.find(name => name === wanted);
  if (found) return found;
  throw new Error(`STACK_REDIS: expected one of ${REDIS.join(', ')}, got ${JSON.stringify(wanted)}`);
}
