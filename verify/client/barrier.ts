/**
 * Where requests that are to race wait for one another: first until each may be sent, then, sent all but their last
 * byte, until all go at once.
 */

/** What a request that is held back does before its last byte leaves. */
export interface Held {
  /** Waits until all of them may be sent. This wait is Baton's own: the request has not begun. */
  assemble(): Promise<void>;
  /** Waits until the last byte may leave. */
  pass(): Promise<void>;
  /** The request goes by itself, or failed before it got so far: the others do not wait for it. */
  leave(): void;
}

export class Barrier {
  readonly #assembled: Gate;
  readonly #released: Gate;
  /** Resolves when the last bytes leave. */
  readonly opened: Promise<void>;

  /** @param size how many requests are to go together */
  constructor(size: number) {
    this.#assembled = new Gate(size);
    this.#released = new Gate(size);
    this.opened = this.#released.opened;
  }

  /** @param offset time after the others at which this one goes, milliseconds; fractions count */
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

/** Opens once so many have arrived. */
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

  /** @returns what arrives, for one of them: a second call does nothing */
  place(): () => void {
    let here = false;
    return () => {
      if (here) return;
      here = true;
      if (--this.#missing <= 0) this.#open();
    };
  }
}

/** Timers have whole milliseconds, and a race may be narrower: the last one is waited out turn by turn. */
async function after(milliseconds: number): Promise<void> {
  const until = performance.now() + milliseconds;
  if (milliseconds > 2) await new Promise(resolve => setTimeout(resolve, milliseconds - 2));
  while (performance.now() < until) await new Promise(resolve => setImmediate(resolve));
}
