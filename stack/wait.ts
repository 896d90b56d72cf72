/** Waits for conditions, instead of for fixed times. */

export interface Wait {
  withinMs: number;
  /** The expected condition, which follows the word "expected" in the error message. */
  what: string;
  /** Interval between two checks of the condition, milliseconds. */
  everyMs?: number;
  /** Ends the wait when it aborts: `until` then throws the reason of the signal. */
  signal?: AbortSignal;
}

/**
 * Checks `condition` repeatedly until it returns true.
 * After the timeout, throws an error with the expected condition and the last error of `condition`.
 */
export async function until(condition: () => boolean | Promise<boolean>, wait: Wait): Promise<void> {
  const deadline = performance.now() + wait.withinMs;
  let problem: unknown;
  for (;;) {
    wait.signal?.throwIfAborted();
    try {
      if (await condition()) return;
    } catch (error) {
      problem = error;
    }
    wait.signal?.throwIfAborted();
    if (performance.now() >= deadline) {
      const seen = problem instanceof Error ? `; last seen: ${problem.message}` : '';
      throw new Error(`expected ${wait.what} within ${wait.withinMs} ms, but it did not happen${seen}`);
    }
    await new Promise(resolve => setTimeout(resolve, wait.everyMs ?? 20));
  }
}
