/** Compares the response times of a run with the declared limits. */
import type { Operation, Run } from '../history/history.ts';
import { counted, percent } from '../result/format.ts';
import { PERCENTILES, type Percentile } from '../result/latency.ts';
import type { Violation } from './framework.ts';

export class ResponseTimes {
  /** The limits, microseconds. */
  readonly #limits: [Percentile, number][];
  /** For each limit, the number of responses that took longer. */
  readonly #slower = { p50: 0, p90: 0, p95: 0, p99: 0 };
  #successes = 0;

  constructor({ declared }: Run) {
    this.#limits = Object.entries(declared?.budgets?.latency ?? {}) as [Percentile, number][];
  }

  add({ outcome, call, late = 0, return: end }: Operation): void {
    if (outcome !== 'ok' || end === undefined) return;
    this.#successes++;
    for (const [name, limit] of this.#limits) if (end - call + late > limit) this.#slower[name]++;
  }

  /** Returns a violation for each limit that too many responses exceed. @param least number of responses for any */
  violations(least: number): Violation[] {
    if (this.#successes < least) return [];
    return this.#limits.flatMap(([name, limit]) => {
      const share = this.#slower[name] / this.#successes;
      const most = 1 - PERCENTILES[name];
      if (share <= most) return [];
      const summary =
        `${percent(share)} of ${counted(this.#successes, 'response')} took longer than ${limit / 1000} ms, and nothing ` +
        `was disturbed; the budget for ${name} allows ${percent(most)}`;
      return [{ summary, witness: [] }];
    });
  }
}
