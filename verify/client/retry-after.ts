/** Reads from a response with status 429 and Retry-After how long a client must not send requests. */
import type { Reply } from '../core/response/reply.ts';

/** Maximum wait, milliseconds, even if Retry-After requests more. */
export const LONGEST_WAIT = 30_000;

/**
 * Returns how long to wait before the next request, in milliseconds; undefined if the response does not request a wait.
 *
 * @param now milliseconds since the epoch
 */
export function retryAfter({ status, headers }: Reply, now: number): number | undefined {
  const after = headers['retry-after'];
  if (status !== 429 || typeof after !== 'string') return undefined;
  // Retry-After holds seconds or a date (RFC 9110, 10.2.3).
  const wait = /^\d+$/.test(after) ? Number(after) * 1000 : Date.parse(after) - now;
  return Number.isNaN(wait) ? undefined : Math.min(Math.max(wait, 0), LONGEST_WAIT);
}
