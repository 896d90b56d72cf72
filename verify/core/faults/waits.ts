/** Measures how long clients wait for a successful response, including retries. */
import type { Operation } from '../history/history.ts';

const STEP = Math.log(1.05);

export class WaitTimes {
  /** The longest wait so far, microseconds. It may have ended without a success. */
  longest = 0;
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

  /** Returns a percentile of the waits that ended with a success, microseconds. @param share such as 0.99 */
  quantile(share: number): number {
    let left = share * this.#count;
    for (const [bucket, count] of [...this.#buckets].sort(([a], [b]) => a - b)) {
      left -= count;
      if (left <= 0) return Math.min(this.longest, Math.round(Math.exp(bucket * STEP)));
    }
    return this.longest;
  }
}
