/** Defines the verdict of a check, and combines several verdicts into one. */
import type { Operation } from '../history/history.ts';
import type { Guarantee } from './guarantees.ts';

export type Judgement = 'valid' | 'violated' | 'unknown';

/** One request of a witness; the requests are in order of time. */
export interface WitnessStep {
  operation: Operation;
  /** What the guarantee requires of this request; absent for a request that is only context. */
  expected?: string;
  /** The effect of the request, or the state that it showed, in a few words. */
  came: string;
}

/** Makes the steps of a witness. Leaves out operations that are undefined. */
export const stepsOf = (
  ...steps: readonly (readonly [operation: Operation | undefined, came: string, expected?: string])[]
): WitnessStep[] =>
  steps.flatMap(([operation, came, expected]) => {
    if (operation === undefined) return [];
    return [expected === undefined ? { operation, came } : { operation, expected, came }];
  });

/** Sorts by the calls of the operations. */
export const inOrder = (steps: WitnessStep[]): WitnessStep[] =>
  steps.sort((a, b) => a.operation.call - b.operation.call);

/** A named violation and the few operations that prove it. */
export interface Anomaly {
  name: string;
  guarantee: Guarantee;
  session?: string;
  user?: string;
  /** One sentence that is understandable without the witness. */
  summary: string;
  witness: WitnessStep[];
  /** Further observations that help to understand the anomaly. */
  notes: string[];
}

export interface Verdict {
  guarantee: Guarantee;
  /** A violation of an unclaimed guarantee is reported, but does not fail the run. */
  claimed: boolean;
  judgement: Judgement;
  /** Which evidence is missing and how to get it. Only for the verdict `unknown`. */
  why?: string;
  /** The counts that the verdict is based on, by name, in display order. */
  rests: Record<string, number>;
  /** One short sentence: what a `valid` verdict rules out, or how much was violated. */
  finding: string;
  /** Number of anomalies; `anomalies` holds the first few. */
  violations: number;
  anomalies: Anomaly[];
}

/** Returns the violated guarantees that are not claimed. They do not fail the run, but reports must show them. */
export const brokenUnclaimed = (verdicts: readonly Verdict[]): Verdict[] =>
  verdicts.filter(({ claimed, judgement }) => !claimed && judgement === 'violated');

const order: Record<Judgement, number> = { valid: 0, unknown: 1, violated: 2 };

/** The worst of the judgements, from `valid` over `unknown` to `violated`; `unknown` for an empty list. */
export function combine(judgements: Iterable<Judgement>): Judgement {
  let worst: Judgement | undefined;
  for (const judgement of judgements) {
    if (worst === undefined || order[judgement] > order[worst]) worst = judgement;
  }
  return worst ?? 'unknown';
}
