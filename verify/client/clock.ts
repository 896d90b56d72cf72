/** A monotonic clock in whole microseconds. Each worker thread has its own. */

export interface RecorderClock {
  readonly name: string;
  /** Wall-clock time at which the clock was zero, ISO 8601. */
  readonly base: string;
  /** Maximum difference between this clock and the clock of the first worker thread, microseconds. */
  readonly uncertainty: number;
  now(): number;
}

/**
 * Starts a clock at zero, on a whole millisecond of wall-clock time.
 *
 * @param offset milliseconds from `performance.now()` to wall-clock time
 */
export function startClock(
  name = 'c0',
  { offset, uncertainty } = { offset: performance.timeOrigin, uncertainty: 0 },
): RecorderClock {
  const base = Math.floor(offset + performance.now());
  const zero = base - offset;
  return {
    name,
    base: new Date(base).toISOString(),
    uncertainty,
    now: () => Math.round((performance.now() - zero) * 1000),
  };
}
