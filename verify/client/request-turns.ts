/** Makes requests wait until `limits` of the target file allow them. */
import { setTimeout as sleep } from 'node:timers/promises';

/** Limits the number of concurrent requests, and of requests per second. */
export class RequestTurns {
  readonly #every: number;
  readonly #most: number;
  readonly #waiting: (() => void)[] = [];
  #next = 0;
  #under = 0;

  constructor(perSecond = Number.POSITIVE_INFINITY, most = Number.POSITIVE_INFINITY) {
    this.#every = 1000 / perSecond;
    this.#most = most;
  }

  /** Returns true if a new request can be sent at once. */
  room(): boolean {
    return this.#under < this.#most;
  }

  /** Waits until the limits allow a request. Returns the function to call when the request has ended. */
  async take(signal: AbortSignal | undefined): Promise<() => void> {
    if (this.room()) this.#under++;
    else await new Promise<void>(resolve => this.#waiting.push(resolve));
    if (this.#every > 0) {
      const now = performance.now();
      const at = Math.max(now, this.#next);
      this.#next = at + this.#every;
      if (at > now) await sleep(at - now, undefined, signal === undefined ? {} : { signal }).catch(() => {});
    }
    let ended = false;
    return () => {
      if (ended) return;
      ended = true;
      const next = this.#waiting.shift();
      if (next === undefined) this.#under--;
      else next();
    };
  }
}
