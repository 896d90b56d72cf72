/** Makes requests overlap: sends all of them without their last byte, then all last bytes at the same time. */

export interface Held {
  /** Waits until all requests are sent, except their last bytes. */
  assemble(): Promise<void>;
  /** Waits until the last byte of the request can be sent. */
  pass(): Promise<void>;
  /** Removes this request, so that other requests do not wait for it. */
  leave(): void;
}

export class Barrier {
  readonly #assembled: Gate;
  readonly #released: Gate;
  readonly opened: Promise<void>;

  constructor(size: number) {
    this.#assembled = new Gate(size);
    this.#released = new Gate(size);
    this.opened = this.#released.opened;
  }

  /**
   * Adds a request.
   *
   * @param offset additional delay of its last byte, milliseconds; may be a fraction
   */
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

  place(): () => void {
    let here = false;
    return () => {
      if (here) return;
      here = true;
      if (--this.#missing <= 0) this.#open();
    };
  }
}

/** Timers are not exact enough, so this function reads the clock in a loop during the last 2 ms. */
async function after(milliseconds: number): Promise<void> {
  const until = performance.now() + milliseconds;
  if (milliseconds > 2) await new Promise(resolve => setTimeout(resolve, milliseconds - 2));
  while (performance.now() < until) await new Promise(resolve => setImmediate(resolve));
}
