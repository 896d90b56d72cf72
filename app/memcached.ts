import { MemcacheClient } from 'memcache-client';

/**
 * Returns a client that connects at the first command.
 * @param address HOST:PORT
 * @param timeoutMs maximum time to connect, and of each command
 */
export function connectMemcached(address: string, timeoutMs: number): MemcacheClient {
  return new MemcacheClient({
    server: { server: address, maxConnections: 4 },
    connectTimeout: timeoutMs,
    cmdTimeout: timeoutMs,
    noDelay: true,
  });
}

/**
 * Returns true if memcached accepts the command, and false if its error is one of `refusals`. Throws every other
 * error.
 */
export async function accepted(response: Promise<unknown>, ...refusals: string[]): Promise<boolean> {
  try {
    await response;
    return true;
  } catch (error) {
    if (error instanceof Error && refusals.includes(error.message)) return false;
    throw error;
  }
}
