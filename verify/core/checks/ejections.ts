/**
 * Finds requests during which the balancer may have ejected an instance. For example, nginx sends an instance
 * no requests for 10 s after a failure.
 */
import type { Operation } from '../history/history.ts';

/** Statuses of an unavailable instance. The instance itself or the balancer sends them. */
const UNAVAILABLE = new Set([502, 503, 504]);

export class Ejections {
  /** By instance: its last failed request. The entry is deleted when the instance serves a later request. */
  readonly #failed = new Map<string, Operation>();
  /** Number of requests during which an instance may have been ejected. */
  requests = 0;

  /**
   * Adds a request. Call this in the order in which requests end.
   *
   * @returns true if the balancer may have ejected an instance when this request ended
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
 * Returns whether a request was sent after the failed response had come. Only such a request shows that the
 * instance serves again.
 */
const isAfter = (operation: Operation, failed: Operation): boolean =>
  operation.clock === failed.clock && failed.return !== undefined && operation.call >= failed.return;
