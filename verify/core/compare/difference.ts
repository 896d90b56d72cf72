/** What comparing says, one thing at a time. */
import type { Guarantee } from '../guarantees.ts';
import type { Judgement } from '../verdict.ts';

/** untold: this evidence does not tell. */
export type Change = 'worse' | 'better' | 'same' | 'untold';

export interface Difference {
  /** A guarantee, `share` of an instance, or `latency` of an action. */
  about: Guarantee | 'share' | 'latency';
  change: Change;
  /** Whether the base or the current run claims it. What nobody claims is told, and decides nothing. */
  claimed: boolean;
  /** What follows for the exit code. */
  means: Judgement;
  /** One sentence: before, now, and why that is called so. */
  said: string;
  /** The instance that it points at. */
  instance?: string;
}

/** How likely a difference may be chance, over all tests of a comparison together, to be called one. */
export const SIGNIFICANT = 1e-4;
