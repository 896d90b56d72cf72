/** Compares the response times of a run with the limits that the target declares. */
import type { Operation, Run } from '../history/history.ts';
import { counted, percent } from '../result/format.ts';
import { PERCENTILES, type Percentile } from '../result/latency.ts';
import type { Violation } from './framework.ts';

export class ResponseTimes {
  readonly #limits: [Percentile, number][];
  readonly #slower = { p50: 0, p90: 0, p95: 0, p99: 0 };
  readonly #starved = { p50: 0, p90: 0, p95: 0, p99: 0 };
  #successes = 0;

  constructor({ declared }: Run) {
    this.#limits = Object.entries(declared?.budgets?.latency ?? {}) as [Percentile, number][];
  }

  add({ outcome, call, late = 0, return: end, starved }: Operation): void {
    if (outcome !== 'ok' || end === undefined) return;
    this.#successes++;
    for (const [name, limit] of this.#limits) {
      if (end - call + late <= limit) continue;
      this.#slower[name]++;
      if (starved === true) this.#starved[name]++;
    }
  }

  /** `starved`: number of slow responses that a lack of CPU time may explain. */
  exceeded(least: number): { violations: Violation[]; starved: number } {
    const found = { violations: [] as Violation[], starved: 0 };
    if (this.#successes < least) return found;
    for (const [name, limit] of this.#limits) {
      const [slower, starved] = [this.#slower[name], this.#starved[name]];
      const most = 1 - PERCENTILES[name];
      const share = (slower - starved) / this.#successes;
      if (share > most) {
        const summary =
          `${percent(share)} of ${counted(this.#successes, 'response')} took longer than ${limit / 1000} ms without a ` +
          `fault; the budget for ${name} allows ${percent(most)}`;
        found.violations.push({ summary, witness: [] });
      } else if (slower / this.#successes > most) found.starved = Math.max(found.starved, starved);
    }
    return found;
  }
}
