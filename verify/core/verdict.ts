/** What a check says, and how several verdicts become one. */
import type { Guarantee } from './guarantees.ts';
import type { Operation } from './history.ts';

export type Judgement = 'valid' | 'violated' | 'unknown';

/** One request of a witness, in order of time. */
export interface WitnessStep {
  operation: Operation;
  /** What the guarantee asks of this request; absent for a request that only sets the scene. */
  expected?: string;
  /** What it did or showed. */
  came: string;
}

/** A named violation and the few operations that prove it. */
export interface Anomaly {
  name: string;
  guarantee: Guarantee;
  session?: string;
  user?: string;
  /** One sentence that a person understands without the rest. */
  summary: string;
  witness: WitnessStep[];
  /** What else was seen that helps to understand it. */
  notes: string[];
}

export interface Verdict {
  guarantee: Guarantee;
  /** Whether the target claims it; a violation of anything else is measured, and fails nothing. */
  claimed: boolean;
  judgement: Judgement;
  /** Why, when it is `unknown`: what is missing and how to get it. */
  why?: string;
  /** What it rests on: figures by name, in the order to show them. */
  rests: Record<string, number>;
  /** What a `valid` rules out, or how much broke: one short sentence. */
  finding: string;
  /** How many anomalies there were; `anomalies` holds the first few. */
  violations: number;
  anomalies: Anomaly[];
}

/** @returns the verdicts on guarantees that are not claimed and were seen broken: they fail nothing, and must be known */
export const brokenUnclaimed = (verdicts: readonly Verdict[]): Verdict[] =>
  verdicts.filter(({ claimed, judgement }) => !claimed && judgement === 'violated');

const order: Record<Judgement, number> = { valid: 0, unknown: 1, violated: 2 };

/** @returns violated if any is violated, else unknown if any is unknown or there is none, else valid */
export function combine(judgements: Iterable<Judgement>): Judgement {
  let worst: Judgement | undefined;
  for (const judgement of judgements) {
    if (worst === undefined || order[judgement] > order[worst]) worst = judgement;
  }
  return worst ?? 'unknown';
}
