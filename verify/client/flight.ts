/** Ends requests in flight that are late or whose run was stopped, with one timer for all requests. */

export interface Flying {
  /** Deadline of the whole response, on the clock of `performance`; 0 until the request has left. */
  readonly until: number;
  abort(reason: Error): void;
}

/** Interval between two searches for late requests, milliseconds. */
const EVERY = 100;

export class Flight {
  readonly #flying = new Map<Flying, AbortSignal | undefined>();
  readonly #signals = new WeakSet<AbortSignal>();
  #timer: NodeJS.Timeout | undefined;

  /** Adds a request. The signal ends it too. */
  add(one: Flying, signal: AbortSignal | undefined): void {
    this.#flying.set(one, signal);
    this.#timer ??= setInterval(() => this.#late(), EVERY).unref();
    if (signal === undefined || this.#signals.has(signal)) return;
    this.#signals.add(signal);
    signal.addEventListener('abort', () => this.#end(signal), { once: true });
  }

  delete(one: Flying): void {
    this.#flying.delete(one);
  }

  #late(): void {
    const now = performance.now();
    for (const one of [...this.#flying.keys()]) {
      if (one.until > 0 && one.until <= now)
        one.abort(Object.assign(new Error('no response in time'), { code: 'UND_ERR_HEADERS_TIMEOUT' }));
    }
  }

  #end(signal: AbortSignal): void {
    for (const [one, ends] of [...this.#flying]) if (ends === signal) one.abort(signal.reason as Error);
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
