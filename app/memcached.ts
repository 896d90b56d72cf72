/** An instance's connections to memcached: they answer in time or fail, and heal by themselves. */
import { MemcacheClient } from 'memcache-client';

/** Connects when asked something. `address` is HOST:PORT; `timeoutMs` bounds connecting, and every command. */
export function connectMemcached(address: string, timeoutMs: number): MemcacheClient {
  return new MemcacheClient({
    server: { server: address, maxConnections: 4 },
    connectTimeout: timeoutMs,
    cmdTimeout: timeoutMs,
    noDelay: true,
  });
}

/** Waits for an answer that may be a refusal: false for one of `refusals`, as memcached words them. */
export async function accepted(answer: Promise<unknown>, ...refusals: string[]): Promise<boolean> {
  try {
    await answer;
    return true;
  } catch (error) {
    if (error instanceof Error && refusals.includes(error.message)) return false;
    throw error;
  }
}
