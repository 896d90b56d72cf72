/** Compares the response times of a run with the limits that the target declares. */
import type { Operation, Run } from '../history/history.ts';
import { counted, percent } from '../result/format.ts';
import { PERCENTILES, type Percentile } from '../result/latency.ts';
import { type Violation, violation } from './framework.ts';

export class ResponseTimes {
  readonly #limits: { name: Percentile; limit: number; slower: number; starved: number }[];
  #successes = 0;

  constructor({ declared }: Run) {
    const limits = Object.entries(declared?.budgets?.latency ?? {}) as [Percentile, number][];
    this.#limits = limits.map(([name, limit]) => ({ name, limit, slower: 0, starved: 0 }));
  }

  add({ outcome, call, late = 0, return: end, starved }: Operation): void {
    if (outcome !== 'ok' || end === undefined) return;
    this.#successes++;
    for (const of of this.#limits) {
      if (end - call + late <= of.limit) continue;
      of.slower++;
      if (starved === true) of.starved++;
    }
  }

  /** `starved`: number of slow responses that a lack of CPU time may explain. */
  exceeded(least: number): { violations: Violation[]; starved: number } {
    const found = { violations: [] as Violation[], starved: 0 };
    if (this.#successes < least) return found;
    for (const { name, limit, slower, starved } of this.#limits) {
      // Rounded, because 1 - 0.9 is slightly less than 0.1.
      const most = Number((1 - PERCENTILES[name]).toFixed(2));
      const share = (slower - starved) / this.#successes;
      if (share > most) {
        const summary =
          `${percent(share)} of ${counted(this.#successes, 'response')} took longer than ${limit / 1000} ms without a ` +
          `fault; the budget for ${name} allows ${percent(most)}`;
        found.violations.push(violation(summary));
      } else if (slower / this.#successes > most) found.starved = Math.max(found.starved, starved);
    }
    return found;
  }
}
