/** Opens connections to Redis, for one or a few commands of the stack and of faults. */
import type { Redis, RedisOptions } from 'ioredis';

/**
 * Connects to Redis directly, not through a proxy of the stack. The connection does not reconnect, and the caller must
 * disconnect it. Throws connection errors.
 */
export async function openRedis(url: string | undefined, options: RedisOptions = {}): Promise<Redis> {
  // Imports ioredis only here, so that programs that never connect do not load it.
  const { Redis } = await import('ioredis');
  const redis = new Redis(url ?? '', {
    ...{ lazyConnect: true, enableReadyCheck: false, commandTimeout: 5_000, maxRetriesPerRequest: 0 },
    retryStrategy: () => null,
    ...options,
  });
  redis.on('error', () => {}); // The pending command rejects with the error.
  await redis.connect();
  return redis;
}

/** Opens a connection, runs `act` with it, and closes it. Throws the errors of Redis. */
export async function withRedis<T>(
  url: string | undefined,
  act: (redis: Redis) => Promise<T>,
  options?: RedisOptions,
): Promise<T> {
  const redis = await openRedis(url, options);
  try {
    return await act(redis);
  } finally {
    redis.disconnect();
  }
}
