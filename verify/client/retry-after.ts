/** Reads the header Retry-After of a response with status 429. */
import type { Reply } from '../core/response/reply.ts';

/** Maximum wait, milliseconds. If Retry-After is longer, a client does not wait at all. */
export const LONGEST_WAIT = 30_000;

/** Advice for a rate limit that lasts longer than a run can wait. */
export const LIFT =
  'A run logs in about 200 times in a minute, so lift the limit for this machine or in this environment: for example ' +
  '`skip` or `limit` of express-rate-limit, AXES_ENABLED of django-axes, a safelist of Rack::Attack, limit_req of nginx. ' +
  'Then wait until the present limit is over';

/**
 * Returns the wait before the next request, milliseconds. Returns undefined if no wait is necessary, or the wait is
 * longer than LONGEST_WAIT.
 *
 * @param now milliseconds since the epoch
 */
export function retryAfter({ status, headers }: Reply, now: number): number | undefined {
  const after = headers['retry-after'];
  if (status !== 429 || typeof after !== 'string') return undefined;
  // Retry-After holds seconds or a date (RFC 9110, 10.2.3).
  const wait = /^\d+$/.test(after) ? Number(after) * 1000 : Date.parse(after) - now;
  return Number.isNaN(wait) || wait > LONGEST_WAIT ? undefined : Math.max(wait, 0);
}
