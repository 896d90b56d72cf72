/** Another Redis beside the store. */
import type { Beside } from '../../stack/local.ts';
import { startRedis } from '../../stack/redis.ts';

/** Instances find it at SECOND_REDIS_URL. */
export async function secondRedis(): Promise<Beside> {
  const redis = await startRedis();
  return { env: { SECOND_REDIS_URL: redis.url }, stop: () => redis.dispose() };
}
