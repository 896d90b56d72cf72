/** Prepares the servers in which the instances keep data, such as Redis and PostgreSQL. */
import { planClusterRedis } from './cluster.ts';
import { planSentinelRedis } from './sentinel.ts';
import type { ServerKind } from './server-kinds.ts';
import { type BackingServer, planServer, requireServers } from './servers.ts';
import type { OnDeath } from './stack.ts';

type Environment = Record<string, string | undefined>;

export interface BackingServers {
  readonly redis: BackingServer;
  /** Server that stores the sessions. This is Redis if the instances keep sessions in memory or in cookies. */
  readonly store: BackingServer;
  /** All servers to start, the session store first. */
  readonly servers: readonly BackingServer[];
}

export interface BackingOptions {
  environments: readonly Environment[];
  /** Name of the balancer's program. The error for missing programs includes it. */
  balancer: string;
  /** Additional arguments of redis-server. They override Baton's own arguments. */
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
  const { kind, ...several } = REDIS[choiceOf('STACK_REDIS', environments[0], REDIS, 'plain')];
  const stores = environments.map(env => env['SESSION_STORE']);
  const used = [...stores, ...environments.map(env => env['BASKET_STORE'])];
  const others = (['postgres', 'memcached', 'dynamodb'] as const).filter(kind => used.includes(kind));
  requireServers([kind, ...others], [balancer]);
  const options = { args, onDeath };
  const redis = 'plan' in several ? await several.plan(options) : await planServer(kind, options);
  const servers = [redis, ...(await Promise.all(others.map(other => planServer(other, { onDeath }))))];
  const store = servers.find(({ name }) => stores.includes(name)) ?? redis;
  return { redis, store, servers: [store, ...servers.filter(server => server !== store)] };
}

/** Returns the value of an environment variable. Throws if this value is not a key of `choices`. */
export function choiceOf<Choice extends string>(
  variable: string,
  environment: Environment | undefined,
  choices: Readonly<Record<Choice, unknown>>,
  usual: NoInfer<Choice>,
): Choice {
  const wanted = environment?.[variable] || usual;
  if (Object.hasOwn(choices, wanted)) return wanted as Choice;
  const all = Object.keys(choices).join(', ');
  throw new Error(`${variable}: expected one of ${all}, got ${JSON.stringify(wanted)}`);
}
