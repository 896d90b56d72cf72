/** Measures how long clients wait for a success, retries included. */
import type { Operation } from '../history/history.ts';

export class Waiting {
  /** By session whose last request failed: the request with which its wait began. */
  readonly #first = new Map<string, Operation>();

  /** Returns the session's first failure since its last success; this request if there was none. */
  ended(operation: Operation, failed: boolean): Operation {
    const { session } = operation;
    const first = this.#first.get(session) ?? operation;
    if (failed) this.#first.set(session, first);
    else this.#first.delete(session);
    return first;
  }

  sessionEnded(session: string): void {
    this.#first.delete(session);
  }
}

const STEP = Math.log(1.05);

/** Counts waiting times in a histogram of bounded size, which is exact to 5 %. */
export class WaitTimes {
  /** The longest wait so far, with or without a success at its end, microseconds. */
  longest = 0;
  /** The first and the last request of the longest wait. */
  example: readonly [Operation, Operation] | undefined;
  #count = 0;
  readonly #buckets = new Map<number, number>();

  add(first: Operation, last: Operation, failed: boolean): void {
    const wait = (last.return ?? last.call) - first.call;
    if (wait > this.longest) {
      this.longest = wait;
      this.example = [first, last];
    }
    if (failed) return;
    const bucket = Math.ceil(Math.log(Math.max(1, wait)) / STEP);
    this.#buckets.set(bucket, (this.#buckets.get(bucket) ?? 0) + 1);
    this.#count++;
  }

  /**
   * @param share 0.99 for the 99th percentile of the waits that ended with a success
   * @returns microseconds
   */
  quantile(share: number): number {
    let left = share * this.#count;
    for (const [bucket, count] of [...this.#buckets].sort(([a], [b]) => a - b)) {
      left -= count;
      if (left <= 0) return Math.min(this.longest, Math.round(Math.exp(bucket * STEP)));
    }
    return this.longest;
  }
}
