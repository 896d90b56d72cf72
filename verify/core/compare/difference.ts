import type { Guarantee } from '../result/guarantees.ts';
import type { Judgement } from '../result/verdict.ts';

/**
 * `untold` is the name in the JSON format for a difference that is not certain, because the evidence is insufficient.
 */
export type Trend = 'worse' | 'better' | 'same' | 'untold';

export interface Difference {
  /**
   * What differs: a guarantee, the share of the load of an instance (`share`), or the response times of an action
   * (`latency`).
   */
  about: Guarantee | 'share' | 'latency';
  change: Trend;
  /** True if a run of either side claims the guarantee. A difference changes the verdict only if it is claimed. */
  claimed: boolean;
  /** The verdict if this were the only difference. */
  means: Judgement;
  /** A sentence for reports: the values of both sides, and the reason. */
  said: string;
  /** The instance that is the cause of the difference, if there is only one. */
  instance?: string;
}

/** A difference is certain only if its p-value, multiplied by the number of all tests, is below this limit. */
export const SIGNIFICANT = 1e-4;
