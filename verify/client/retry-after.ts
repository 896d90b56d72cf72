/** Reads the header Retry-After of a response with status 429. */
import type { Reply } from '../core/response/reply.ts';

/** Maximum wait, milliseconds, even if Retry-After asks for more. */
export const LONGEST_WAIT = 30_000;

/**
 * Returns how long to wait before the next request, milliseconds; undefined if the response asks for no wait.
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
