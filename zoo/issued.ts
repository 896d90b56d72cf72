/** Records the secrets that the apps of the zoo issue. Tests search written files for these secrets. */
import { Redis } from 'ioredis';
import type { Stack } from '../stack/stack.ts';

const ISSUED = 'issued-secrets';

/** Records and returns a secret, such as a session id, a token or a code. */
export async function issued(redis: Redis, secret: string): Promise<string> {
  await redis.sadd(ISSUED, secret);
  return secret;
}

/** Returns the secrets that all instances of a stack have recorded. */
export async function issuedBy({ store }: Stack): Promise<string[]> {
  const redis = new Redis(store.url ?? '');
  try {
    return await redis.smembers(ISSUED);
  } finally {
    redis.disconnect();
  }
}
