import type { Redis } from 'ioredis';
import { withRedis } from '../../stack/redis-connection.ts';
import type { Stack } from '../../stack/stack.ts';
import { until } from '../../stack/wait.ts';

/** Completes an error message that begins with `this needs`: the fault needs a single Redis server. */
export const ONE_SERVER = 'a Redis without Sentinel or cluster';

/** Returns what the stack lacks for faults that send commands to its Redis. */
export function lacksRedis({ store }: Stack): string | undefined {
  if (store.name !== 'redis' || store.url === undefined)
    return 'a Redis that holds the sessions, and can be reached';
  if (store.failover !== undefined) return ONE_SERVER;
  return store.url.startsWith('redis://') ? undefined : 'a Redis that accepts CONFIG and REPLICAOF';
}

export const inSync = (url: string | undefined): Promise<void> =>
  withRedis(url, redis =>
    until(async () => /master_link_status:up/.test(await redis.info('replication')), {
      withinMs: 15_000,
      everyMs: 20,
      what: 'the replica to be in sync',
    }),
  );

/** Returns whether Redis refuses a command with this error code, such as `READONLY`. */
export async function refuses(command: Promise<unknown>, code: string): Promise<boolean> {
  try {
    await command;
    return false;
  } catch (error) {
    return error instanceof Error && error.message.startsWith(code);
  }
}

/** The reply to PTTL for a key that never expires. For a deleted key, the reply is -2. */
const NEVER = -1;

/** Returns the keys that expire (`expiring`), or the keys that never expire (`lasting`). */
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

export const evictedOf = async (redis: Redis): Promise<number> =>
  Number(/evicted_keys:(\d+)/.exec(await redis.info('stats'))?.[1]);
