/**
 * Finds requests that were sent while the balancer may have ejected an instance (sent it no requests). For example,
 * nginx ejects an instance for 10 s after a failure.
 */
import type { Operation } from '../history/history.ts';

/** Statuses that show that an instance is unavailable. The instance or the balancer may send them. */
const UNAVAILABLE = new Set([502, 503, 504]);

export class Ejections {
  /** Key: an instance that has not served a request since it failed; value: its last failed request. */
  readonly #failed = new Map<string, Operation>();
  requests = 0;

  /**
   * Returns whether the balancer may have ejected an instance when this request was sent. Call it in the order in which
   * requests end.
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
 * Returns whether a request was sent after the response of the failed one. Only such a request shows that the instance
 * works again.
 */
const isAfter = (operation: Operation, failed: Operation): boolean =>
  operation.clock === failed.clock && failed.return !== undefined && operation.call >= failed.return;
