/** Limits the number of tasks that run at the same time. */
import { Refusal } from './failures.ts';

export interface TurnLimits {
  readonly atOnce: number;
  /** Maximum time of a task in the queue, milliseconds. After this time, its client has probably given up. */
  readonly waitMs: number;
}

export class Turns {
  readonly #limits: TurnLimits;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(limits: TurnLimits) {
    this.#limits = limits;
  }

  /**
   * Runs the task once fewer than `atOnce` tasks run. Throws Refusal 503 if the task has waited longer than `waitMs`.
   */
  async run<T>(work: () => Promise<T>): Promise<T> {
    const since = performance.now();
    if (this.#running >= this.#limits.atOnce) await new Promise<void>(go => this.#waiting.push(go));
    else this.#running++;
    try {
      if (performance.now() - since > this.#limits.waitMs)
        throw new Refusal(503, 'Too many people are signing in right now. Try again in a moment.');
      return await work();
    } finally {
      // Starts the next task directly, so that no newer task takes its place.
      const next = this.#waiting.shift();
      if (next) next();
      else this.#running--;
    }
  }
}
