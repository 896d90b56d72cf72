/** The clock of a recorder, monotonic, in whole microseconds since its base. All times in a history are from it. */

export interface RecorderClock {
  readonly name: string;
  /** Wall-clock time at which the clock was zero, ISO 8601. */
  readonly base: string;
  now(): number;
}

export function startClock(name = 'c0'): RecorderClock {
  const zero = performance.now();
  const base = new Date(performance.timeOrigin + zero).toISOString();
  return {
    name,
    base,
    now: () => Math.round((performance.now() - zero) * 1000),
  };
}
