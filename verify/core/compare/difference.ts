import type { Guarantee } from '../result/guarantees.ts';
import type { Judgement } from '../result/verdict.ts';

/** `untold` is the JSON name of a difference that the evidence cannot decide. */
export type Trend = 'worse' | 'better' | 'same' | 'untold';

export interface Difference {
  /** A guarantee, the share of the load of an instance (`share`), or the response times of an action (`latency`). */
  about: Guarantee | 'share' | 'latency';
  change: Trend;
  claimed: boolean;
  /** The verdict of a comparison with only this difference. */
  means: Judgement;
  said: string;
  instance?: string;
}

/** A difference is certain if its p-value, multiplied by the number of all tests, is below this limit. */
export const SIGNIFICANT = 1e-4;
