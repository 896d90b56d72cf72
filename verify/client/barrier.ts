/**
 * Makes requests race. The requests wait for one another twice. First they wait until all requests of the
 * race may be sent. Then each request is sent except for its last byte, and waits until all last bytes leave
 * together.
 */

/** The steps of a request that is held back before its last byte. */
export interface Held {
  /** Waits until all requests may be sent. This wait is inside Baton: the request has not begun. */
  assemble(): Promise<void>;
  /** Waits until the last byte may leave. */
  pass(): Promise<void>;
  /**
   * Removes a request that is sent separately, or has failed, from the race. The other requests then do not wait for
   * this one.
   */
  leave(): void;
}

export class Barrier {
  readonly #assembled: Gate;
  readonly #released: Gate;
  /** Resolves when the last bytes of all requests leave. */
  readonly opened: Promise<void>;

  /** @param size number of requests that race */
  constructor(size: number) {
    this.#assembled = new Gate(size);
    this.#released = new Gate(size);
    this.opened = this.#released.opened;
  }

  /** @param offset delay of this request after the others, milliseconds; may be a fraction */
  place(offset = 0): Held {
    const assembles = this.#assembled.place();
    const arrives = this.#released.place();
    return {
      assemble: () => {
        assembles();
        return this.#assembled.opened;
      },
      pass: async () => {
        assembles();
        arrives();
        await this.opened;
        if (offset > 0) await after(offset);
      },
      leave: () => {
        assembles();
        arrives();
      },
    };
  }
}

/** Opens once a given number of requests have arrived. */
class Gate {
  #missing: number;
  #open: () => void = () => {};
  readonly opened: Promise<void>;

  constructor(size: number) {
    this.#missing = size;
    this.opened = new Promise(resolve => {
      this.#open = resolve;
    });
  }

  /** Returns the function that one request calls when it arrives. Only its first call counts. */
  place(): () => void {
    let here = false;
    return () => {
      if (here) return;
      here = true;
      if (--this.#missing <= 0) this.#open();
    };
  }
}

/**
 * Waits for a time that may be a fraction of a millisecond. Timers only have whole milliseconds, so the last 2 ms are a
 * busy wait: it polls the clock once per turn of the event loop.
 */
async function after(milliseconds: number): Promise<void> {
  const until = performance.now() + milliseconds;
  if (milliseconds > 2) await new Promise(resolve => setTimeout(resolve, milliseconds - 2));
  while (performance.now() < until) await new Promise(resolve => setImmediate(resolve));
}
