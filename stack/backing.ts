/** Prepares the servers in which the instances keep data, such as Redis and PostgreSQL. */
import { planClusterRedis } from './cluster.ts';
import { planSentinelRedis } from './sentinel.ts';
import type { ServerKind } from './server-kinds.ts';
import { type BackingServer, planServer, requireServers } from './servers.ts';
import type { OnDeath } from './stack.ts';

type Environment = Record<string, string | undefined>;

export interface BackingServers {
  readonly redis: BackingServer;
  /** Server that stores the sessions. Redis if no other server does. */
  readonly store: BackingServer;
  /** All servers to start, the session store first. */
  readonly servers: readonly BackingServer[];
}

export interface BackingOptions {
  environments: readonly Environment[];
  /** Name of the balancer's program. The error for missing programs includes it. */
  balancer: string;
  /** Additional arguments of redis-server, which take precedence over Baton's. */
  redis?: readonly string[] | undefined;
  onDeath: OnDeath;
}

const REDIS = {
  plain: { kind: 'redis' },
  hardened: { kind: 'hardened' },
  valkey: { kind: 'valkey' },
  sentinel: { kind: 'redis', plan: planSentinelRedis },
  cluster: { kind: 'hardened', plan: planClusterRedis },
} as const satisfies Record<string, { kind: ServerKind; plan?: typeof planSentinelRedis }>;

/** Prepares the servers and chooses their ports. Throws one MissingProgramError that names all missing programs. */
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
