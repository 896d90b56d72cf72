/** For how long a session has asked for something, however often, until it got it. */
import type { Operation } from '../history.ts';

export class Waiting {
  /** The request by which it was first asked for, by session. */
  readonly #first = new Map<string, Operation>();

  /** @returns the request by which it was first asked for: this one, unless those before it failed */
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

/** Waiting times, to within a twentieth, however many. */
export class WaitTimes {
  /** The longest so far, answered or not, and the requests that began and ended it. */
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

  /** @returns what that share of those that were answered did not exceed */
  quantile(share: number): number {
    let left = share * this.#count;
    for (const [bucket, count] of [...this.#buckets].sort(([a], [b]) => a - b)) {
      left -= count;
      if (left <= 0) return Math.min(this.longest, Math.round(Math.exp(bucket * STEP)));
    }
    return this.longest;
  }
}
