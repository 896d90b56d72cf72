/** Records the secrets that hosts of the zoo issue, so that a test can search written files for them. */
import type { Redis } from 'ioredis';

/** The key of the set with the secrets. */
export const ISSUED = 'issued-secrets';

/** Records a secret, such as a session id, a token or a code. Returns it. */
export async function issued(redis: Redis, secret: string): Promise<string> {
  await redis.sadd(ISSUED, secret);
  return secret;
}
