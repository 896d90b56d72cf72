/** Waits until a condition is true. */

export interface Wait {
  withinMs: number;
  /** Description of the condition. The error message contains it after "expected". */
  what: string;
  /** Interval between two checks of the condition, milliseconds. */
  everyMs?: number;
  /** Ends the wait when it aborts: `until` then throws the reason of the signal. */
  signal?: AbortSignal;
}

/**
 * Checks `condition` repeatedly until it returns true. @throws Error after the timeout, with the last error of
 * `condition`
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
