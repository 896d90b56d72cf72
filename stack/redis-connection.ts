import type { Redis, RedisOptions } from 'ioredis';

/**
 * Connects to Redis directly, not through a proxy of the stack. Never reconnects. The caller must disconnect. Throws
 * connection errors.
 */
export async function openRedis(url: string | undefined, options: RedisOptions = {}): Promise<Redis> {
  // Loads ioredis only here, because it is slow to load, and most programs never connect.
  const { Redis } = await import('ioredis');
  const redis = new Redis(url ?? '', {
    lazyConnect: true,
    enableReadyCheck: false,
    commandTimeout: 5_000,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
    ...options,
  });
  redis.on('error', () => {}); // The pending command rejects with the error.
  await redis.connect();
  return redis;
}

/** Runs `act` with a connection, and closes the connection. Throws the errors of Redis. */
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
