/**
 * Makes requests of one session overlap. First, all requests are sent without their last byte. When this is done, all
 * last bytes are sent at the same time, so that the app begins all requests together.
 */

/** A request that waits at a barrier, so that it overlaps the other requests of this barrier. */
export interface Held {
  /**
   * Waits until all requests of the barrier are sent, except for their last bytes. This wait does not count as response
   * time.
   */
  assemble(): Promise<void>;
  /** Waits until the barrier opens, so that the last byte of the request can be sent. */
  pass(): Promise<void>;
  /**
   * Removes this request from the barrier, because it has failed or is sent separately. Other requests then do not wait
   * for it.
   */
  leave(): void;
}

export class Barrier {
  readonly #assembled: Gate;
  readonly #released: Gate;
  /** Resolves when the last bytes of all requests are sent. */
  readonly opened: Promise<void>;

  /** @param size number of requests that wait for each other */
  constructor(size: number) {
    this.#assembled = new Gate(size);
    this.#released = new Gate(size);
    this.opened = this.#released.opened;
  }

  /** Adds a request to the barrier. @param offset additional delay of its last byte, milliseconds; may be a fraction */
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

/** A gate that opens when a given number of requests have arrived at it. */
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

  /** Returns the function that a request calls when it arrives at the gate. Only its first call counts. */
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
 * Waits for a time that can be a fraction of a millisecond. A timer is not exact enough: during the last 2 ms, reads
 * the clock in each turn of the event loop instead.
 */
async function after(milliseconds: number): Promise<void> {
  const until = performance.now() + milliseconds;
  if (milliseconds > 2) await new Promise(resolve => setTimeout(resolve, milliseconds - 2));
  while (performance.now() < until) await new Promise(resolve => setImmediate(resolve));
}
