/** Defines the verdict of a check, and combines several verdicts into one. */
import type { Operation } from '../history/history.ts';
import type { Guarantee } from './guarantees.ts';

export type Judgement = 'valid' | 'violated' | 'unknown';

/** One request of a witness (the few requests that prove a violation). The requests are in order of time. */
export interface WitnessStep {
  operation: Operation;
  /** What the guarantee requires of this request. Absent if the request only explains the violation. */
  expected?: string;
  came: string;
}

/** A step of a witness. A step without a request is left out. */
export type Step = readonly [operation: Operation | undefined, came: string, expected?: string | undefined];

export const stepsOf = (steps: readonly Step[]): WitnessStep[] =>
  steps.flatMap(([operation, came, expected]) => {
    if (operation === undefined) return [];
    return [expected === undefined ? { operation, came } : { operation, expected, came }];
  });

export const inOrder = (steps: readonly Step[]): Step[] =>
  steps.filter(([operation]) => operation !== undefined).sort(([a], [b]) => (a?.call ?? 0) - (b?.call ?? 0));

export interface Anomaly {
  name: string;
  guarantee: Guarantee;
  session?: string;
  user?: string;
  /** The violation in one sentence, which is understandable without the witness. */
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
  /** Which evidence is missing and how to get it. Set only if the verdict is `unknown`. */
  why?: string;
  /** The counts on which the verdict is based, by name, in display order. */
  rests: Record<string, number>;
  /** The figures in one short sentence: what a `valid` verdict excludes, or how much was violated. */
  finding: string;
  /** Number of violations. Only the first few are kept in `anomalies`. */
  violations: number;
  anomalies: Anomaly[];
}

export const brokenUnclaimed = (verdicts: readonly Verdict[]): Verdict[] =>
  verdicts.filter(({ claimed, judgement }) => !claimed && judgement === 'violated');

const order: Record<Judgement, number> = { valid: 0, unknown: 1, violated: 2 };

/** Returns the worst judgement: `violated`, then `unknown`, then `valid`; `unknown` for an empty list. */
export function combine(judgements: Iterable<Judgement>): Judgement {
  const [worst = 'unknown'] = [...judgements].sort((a, b) => order[b] - order[a]);
  return worst;
}
