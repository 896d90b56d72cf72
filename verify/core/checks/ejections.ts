/** Finds the intervals in which the balancer may have ejected an instance: nginx does so for 10 s after one failure. */
import type { Operation } from '../history.ts';

/** Statuses by which an instance, or the balancer in its place, reports that the instance is unavailable. */
const UNAVAILABLE = new Set([502, 503, 504]);

export class Ejections {
  /** The last failure of each instance that has not served since. */
  readonly #failed = new Map<string, Operation>();
  /** How many requests fell into such an interval. */
  requests = 0;

  /**
   * Adds a request. Call it in the order in which the requests ended.
   *
   * @returns true if some instance was unavailable, so that the request says nothing about the shares
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

/** Returns whether a request was sent after a failure. A request in flight at that time says nothing about later. */
const isAfter = (operation: Operation, failed: Operation): boolean =>
  operation.clock === failed.clock && failed.return !== undefined && operation.call >= failed.return;
