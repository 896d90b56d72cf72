/**
 *
 * Makes requests race. They wait for one another twice: until each may be sent; then, sent but for their last byte,
 * until all last bytes leave at once.
 */

/** The steps of a request that is held back before its last byte. */
export interface Held {
  /** Waits until all requests may be sent. Baton causes this wait: the request has not begun. */
  assemble(): Promise<void>;
  /** Waits until the last byte may leave. */
  pass(): Promise<void>;
  /** Takes the request out of the race, because it goes by itself or failed before: the others do not wait for it. */
  leave(): void;
}

export class Barrier {
  readonly #assembled: Gate;
  readonly #released: Gate;
  /** Resolves when the last bytes leave. */
  readonly opened: Promise<void>;

  /** @param size how many requests race */
  constructor(size: number) {
    this.#assembled = new Gate(size);
    this.#released = new Gate(size);
    this.opened = this.#released.opened;
  }

  /** @param offset how long after the others this request goes, milliseconds; fractions count */
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
 * Waits. Timers count whole milliseconds, and a race may be narrower: the last 2 ms are a busy wait over turns of the
 * event loop.
 */
async function after(milliseconds: number): Promise<void> {
  const until = performance.now() + milliseconds;
  if (milliseconds > 2) await new Promise(resolve => setTimeout(resolve, milliseconds - 2));
  while (performance.now() < until) await new Promise(resolve => setImmediate(resolve));
}
