/** How long a target asks to be left alone: 429 with Retry-After. */
import type { Reply } from '../core/interpret.ts';

/** Nobody waits longer at once, whatever is asked for. Milliseconds. */
export const LONGEST_WAIT = 30_000;

/**
 * @param now milliseconds since the epoch
 * @returns milliseconds to wait before anything more is sent; undefined when nothing is said
 */
export function askedToWait({ status, headers }: Reply, now: number): number | undefined {
  const after = headers['retry-after'];
  if (status !== 429 || typeof after !== 'string') return undefined;
  // Seconds, or a date (RFC 9110, 10.2.3).
  const wait = /^\d+$/.test(after) ? Number(after) * 1000 : Date.parse(after) - now;
  return Number.isNaN(wait) ? undefined : Math.min(Math.max(wait, 0), LONGEST_WAIT);
}
