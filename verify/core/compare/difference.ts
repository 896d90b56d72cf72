import type { Guarantee } from '../result/guarantees.ts';
import type { Judgement } from '../result/verdict.ts';

/** `untold` is the name in the JSON format for: not certain, because the evidence is insufficient. */
export type Trend = 'worse' | 'better' | 'same' | 'untold';

export interface Difference {
  /** A guarantee, `share` of an instance, or `latency` of an action. */
  about: Guarantee | 'share' | 'latency';
  change: Trend;
  /** True if a run of either side claims the guarantee. Only then the difference changes the verdict. */
  claimed: boolean;
  /** The verdict that this difference alone would give. */
  means: Judgement;
  /** One sentence with the values before and now, and the reason. */
  said: string;
  /** The instance that caused the difference, if only one did. */
  instance?: string;
}

/** A difference may be chance if its p-value, times the number of all tests, is not below this. */
export const SIGNIFICANT = 1e-4;
