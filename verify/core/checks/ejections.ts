/** Intervals in which a balancer may have ejected an instance that failed: nginx ejects it for 10 s after one failure. */
import type { Operation } from '../history.ts';

/** Statuses by which an instance, or the balancer for it, says that it is unavailable. */
const UNAVAILABLE = new Set([502, 503, 504]);

export class Ejections {
  /** The last failure of each instance that has not served since. */
  readonly #failed = new Map<string, Operation>();
  /** Requests that an interval covers. */
  requests = 0;

  /**
   * Takes the requests in the order in which they ended.
   *
   * @returns whether some instance was unavailable, so that the request says nothing of the shares
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

/** Returns whether a request was sent after a failure came: one that was in flight says nothing of the time after it. */
const isAfter = (operation: Operation, failed: Operation): boolean =>
  operation.clock === failed.clock && failed.return !== undefined && operation.call >= failed.return;
