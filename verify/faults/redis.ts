/** How faults give orders to a Redis. */
import type { Redis } from 'ioredis';
import type { Stack } from '../../stack/stack.ts';
import { until } from '../../stack/wait.ts';

/** @returns what the stack lacks for faults that a Redis is told to make by itself */
export function lacksRedis({ store }: Stack): string | undefined {
  if (store.name !== 'redis' || store.url === undefined)
    return 'a Redis that holds the sessions, and can be reached';
  if (store.sentinels !== undefined) return 'a Redis that no Sentinel watches over';
  return store.url.startsWith('redis://') ? undefined : 'a Redis that takes CONFIG and REPLICAOF';
}

/** Connects, past any link. Throws what Redis answers; whoever asked for it disconnects. */
export async function openRedis(url: string | undefined): Promise<Redis> {
  // Only here, so that nobody who has no stack to disturb needs it.
  const { Redis } = await import('ioredis');
  const redis = new Redis(url ?? '', {
    lazyConnect: true,
    commandTimeout: 5_000,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  redis.on('error', () => {}); // Whoever waits for an answer is told.
  await redis.connect();
  return redis;
}

/** Does something with a connection of its own. Throws what Redis answers. */
export async function withRedis<T>(url: string | undefined, act: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = await openRedis(url);
  try {
    return await act(redis);
  } finally {
    redis.disconnect();
  }
}

/** Resolves once a replica has what its primary had. */
export const inSync = (url: string | undefined): Promise<void> =>
  withRedis(url, redis =>
    until(async () => /master_link_status:up/.test(await redis.info('replication')), {
      withinMs: 15_000,
      everyMs: 20,
      what: 'the replica to be in sync',
    }),
  );

/** @returns whether Redis refuses a command with an error that begins so */
export async function refuses(command: Promise<unknown>, code: string): Promise<boolean> {
  try {
    await command;
    return false;
  } catch (error) {
    return error instanceof Error && error.message.startsWith(code);
  }
}

/** What PTTL says of a key that never expires; one that has gone meanwhile has -2 and is neither. */
const NEVER = -1;

/** Names of the keys that expire, or of those that do not. */
export async function keysOf(redis: Redis, which: 'expiring' | 'lasting'): Promise<string[]> {
  const found: string[] = [];
  for await (const keys of redis.scanStream({ count: 1_000 })) {
    const names = keys as string[];
    const ttls = await Promise.all(names.map(name => redis.pttl(name)));
    const wanted = (ttl: number) => (which === 'expiring' ? ttl > 0 : ttl === NEVER);
    found.push(...names.filter((_, i) => wanted(ttls[i] as number)));
  }
  return found;
}

/** How many keys it has evicted. */
export const evictedOf = async (redis: Redis): Promise<number> =>
  Number(/evicted_keys:(\d+)/.exec(await redis.info('stats'))?.[1]);
