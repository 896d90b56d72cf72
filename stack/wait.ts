/** Waiting for a condition, never for a time. */

export interface Wait {
  /** Milliseconds after which the wait is given up. */
  withinMs: number;
  /** What is waited for, as it reads after "expected". */
  what: string;
  /** Milliseconds between two looks. */
  everyMs?: number;
  /** Gives the wait up at once; its reason is thrown. */
  signal?: AbortSignal;
}

/**
 * Looks again and again until `condition` holds.
 * Throws what was expected and the last error that `condition` threw, if it did not come in time.
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
      throw new Error(`expected ${wait.what} within ${wait.withinMs} ms, but it did not come${seen}`);
    }
    await new Promise(resolve => setTimeout(resolve, wait.everyMs ?? 20));
  }
}
