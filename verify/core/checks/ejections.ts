/** Finds requests during which the balancer may have ejected an instance, as nginx does for 10 s after a failure. */
import type { Operation } from '../history/history.ts';

/** Statuses that report that an instance is unavailable. The instance or the balancer sends them. */
const UNAVAILABLE = new Set([502, 503, 504]);

export class Ejections {
  /** By instance: its last failure, until it serves a request again. */
  readonly #failed = new Map<string, Operation>();
  /** Number of requests during which an instance may have been ejected. */
  requests = 0;

  /**
   * Adds a request. Call it in the order in which requests end. @returns true if an instance may have been ejected
   * when this request ended
   */
  covers(operation: Operation, instance: string): boolean {
    const failed = this.#failed.get(instance);
    if (UNAVAILABLE.has(operation.status ?? 0)) this.#failed.set(instance, operation);
    else if (failed === undefined) {
      if (this.#failed.size === 0) return false;
    } else if (isAfter(operation, failed)) this.#failed.delete(instance);
    this.requests++;
    return true;
  }
}

/**
 * Returns whether a request was sent after a failed response came. A request that was in flight at that time does not
 * count.
 */
const isAfter = (operation: Operation, failed: Operation): boolean =>
  operation.clock === failed.clock && failed.return !== undefined && operation.call >= failed.return;
