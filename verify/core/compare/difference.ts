/** Defines one difference that a comparison reports. */
import type { Guarantee } from '../result/guarantees.ts';
import type { Judgement } from '../result/verdict.ts';

/** `untold` (the name in the JSON format): undetermined, since the evidence is insufficient. */
export type Trend = 'worse' | 'better' | 'same' | 'untold';

export interface Difference {
  /** A guarantee, `share` of an instance, or `latency` of an action. */
  about: Guarantee | 'share' | 'latency';
  change: Trend;
  /** True if a run of either side claims the guarantee. Only then the difference decides the verdict. */
  claimed: boolean;
  /** What this difference means for the verdict and the exit code. */
  means: Judgement;
  /** One sentence with the values before and now, and the reason for `change`. */
  said: string;
  /** The instance that caused the difference, if only one instance did. */
  instance?: string;
}

/** Significance level over all tests of a comparison together: a difference with a larger p-value counts as chance. */
export const SIGNIFICANT = 1e-4;
