/** Where requests that are to race wait for one another: each is sent all but its last byte, then all go at once. */

/** What a request that is held back does before its last byte leaves. */
export interface Held {
  /** Waits until the last byte may leave. */
  pass(): Promise<void>;
  /** The request failed before it got so far: nobody is to wait for it. */
  leave(): void;
}

export class Barrier {
  #missing: number;
  #open: () => void = () => {};
  /** Resolves when all are there. */
  readonly opened: Promise<void>;

  /** @param size how many requests are to go together */
  constructor(size: number) {
    this.#missing = size;
    this.opened = new Promise(resolve => {
      this.#open = resolve;
    });
  }

  /** @param offset time after the others at which this one goes, milliseconds; fractions count */
  place(offset = 0): Held {
    let here = false;
    const arrive = (): void => {
      if (here) return;
      here = true;
      if (--this.#missing <= 0) this.#open();
    };
    return {
      leave: arrive,
      pass: async () => {
        arrive();
        await this.opened;
        if (offset > 0) await after(offset);
      },
    };
  }
}

/** Timers have whole milliseconds, and a race may be narrower: the last one is waited out turn by turn. */
async function after(milliseconds: number): Promise<void> {
  const until = performance.now() + milliseconds;
  if (milliseconds > 2) await new Promise(resolve => setTimeout(resolve, milliseconds - 2));
  while (performance.now() < until) await new Promise(resolve => setImmediate(resolve));
}
