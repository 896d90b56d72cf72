/** Opens connections of the stack to its own Redis servers, for one or a few commands. */
import { Redis, type RedisOptions } from 'ioredis';

/** Runs `act` with a connection, and closes it. Throws the errors of Redis. */
export async function withConnection<T>(
  options: RedisOptions,
  act: (redis: Redis) => Promise<T>,
): Promise<T> {
  const redis = connection(options);
  try {
    return await act(redis);
  } finally {
    redis.disconnect();
  }
}

/** Returns a connection to a server on this machine, which does not reconnect. */
export function connection(options: RedisOptions): Redis {
  const redis = new Redis({
    ...{ host: '127.0.0.1', enableReadyCheck: false, commandTimeout: 2_000, maxRetriesPerRequest: 0 },
    retryStrategy: () => null,
    ...options,
  });
  redis.on('error', () => {}); // The pending command rejects with the error.
  return redis;
}
