import type { Beside } from '../../stack/local.ts';
import { startRedis } from '../../stack/servers.ts';

/** Starts a second Redis. Instances find its address in SECOND_REDIS_URL. */
export async function secondRedis(): Promise<Beside> {
  const redis = await startRedis();
  return { env: { SECOND_REDIS_URL: redis.url }, stop: () => redis.dispose() };
}
