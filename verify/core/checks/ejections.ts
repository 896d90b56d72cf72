/** Finds requests that came while the balancer may have ejected an instance, as nginx does for 10 s after a failure. */
import type { Operation } from '../history/history.ts';
import { GATEWAY } from '../response/outcome.ts';

export class Ejections {
  readonly #failed = new Map<string, Operation>();
  requests = 0;

  /** Returns whether an instance may have been ejected. Call this method in the order of the responses. */
  covers(operation: Operation, instance: string): boolean {
    const failed = this.#failed.get(instance);
    if (GATEWAY.has(operation.status ?? 0)) this.#failed.set(instance, operation);
    else if (failed === undefined) {
      if (this.#failed.size === 0) return false;
    } else if (isAfter(operation, failed)) this.#failed.delete(instance);
    this.requests++;
    return true;
  }
}

/** Only a request that was sent after the failed response shows that the instance works again. */
const isAfter = (operation: Operation, failed: Operation): boolean =>
  operation.clock === failed.clock && failed.return !== undefined && operation.call >= failed.return;
