/** Starts a second Redis beside the store. */
import type { Beside } from '../../stack/local.ts';
import { startRedis } from '../../stack/redis.ts';

/** Starts a second Redis. SECOND_REDIS_URL gives its address to instances. */
export async function secondRedis(): Promise<Beside> {
  const redis = await startRedis();
  return { env: { SECOND_REDIS_URL: redis.url }, stop: () => redis.dispose() };
}
