/** Defines one difference that a comparison reports. */
import type { Guarantee } from '../result/guarantees.ts';
import type { Judgement } from '../result/verdict.ts';

/** `untold` is the name in the JSON format for: not certain, because the evidence is insufficient. */
export type Trend = 'worse' | 'better' | 'same' | 'untold';

export interface Difference {
  /** A guarantee, `share` of an instance, or `latency` of an action. */
  about: Guarantee | 'share' | 'latency';
  change: Trend;
  /** True if a run of either side claims the guarantee. Other differences do not change the verdict. */
  claimed: boolean;
  /** The verdict that this difference alone would give; the exit code follows the verdict. */
  means: Judgement;
  /** One sentence with the values before and now, and the reason for `change`. */
  said: string;
  /** The instance that caused the difference, if only one instance did. */
  instance?: string;
}

/** A difference counts as chance if its p-value, times the number of all tests of a comparison, is not below this. */
export const SIGNIFICANT = 1e-4;
