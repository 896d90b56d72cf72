/** Two sides, each of one run or several: what got worse, what got better, what is undetermined. */
import { combine, type Judgement } from '../verdict.ts';
import type { Change, Difference } from './difference.ts';
import type { Digest } from './digest.ts';
import { compareGuarantees, rateTests } from './guarantees.ts';
import { compareLatency } from './latency.ts';
import { compareShares, shareTests } from './shares.ts';

/** What was compared. */
export interface Compared {
  target: string;
  /** Names of the runs. */
  runs: string[];
  /** When the first of them started, ISO 8601. */
  started: string;
  /** Of the code, where it is known. */
  revision?: string;
}

export interface Comparison {
  format: 'baton-comparison';
  version: 1;
  /** violated: something claimed is worse; unknown: it may be, and the evidence does not tell; else valid. */
  judgement: Judgement;
  base: Compared;
  current: Compared;
  /** Worse first, then what cannot be told, what is better, what is the same. */
  differences: Difference[];
}

const ORDER: Record<Change, number> = { worse: 0, untold: 1, better: 2, same: 3 };

/**
 * @param base runs of what was good, at least one
 * @param current runs of what is asked about, at least one
 */
export function compare(base: readonly Digest[], current: readonly Digest[]): Comparison {
  const tests = rateTests(base, current) + shareTests(current);
  const differences = [
    ...compareGuarantees(base, current, tests),
    ...compareShares(base, current, tests),
    ...compareLatency(base, current),
  ].sort((a, b) => Number(b.claimed) - Number(a.claimed));
  return {
    format: 'baton-comparison',
    version: 1,
    // Where nothing differs that anybody claims, nothing is worse.
    judgement: combine(['valid', ...differences.map(difference => difference.means)]),
    base: comparedOf(base),
    current: comparedOf(current),
    differences: differences.toSorted((a, b) => ORDER[a.change] - ORDER[b.change]),
  };
}

function comparedOf(digests: readonly Digest[]): Compared {
  const [first] = digests.toSorted((a, b) => (a.started < b.started ? -1 : 1));
  const { target = '', started = '', revision } = first ?? {};
  const runs = digests.map(digest => digest.run);
  return { target, runs, started, ...(revision === undefined ? {} : { revision }) };
}
