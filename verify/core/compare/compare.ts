/** Compares the runs of two versions (base and current): what became worse, better, or is not certain. */
import { combine, type Judgement } from '../result/verdict.ts';
import type { Difference, Trend } from './difference.ts';
import type { Digest } from './digest.ts';
import { compareGuarantees, rateTests } from './guarantees.ts';
import { compareLatency } from './latency.ts';
import { compareShares, shareTests } from './shares.ts';

export interface Compared {
  target: string;
  runs: string[];
  started: string;
  revision?: string;
}

export interface Comparison {
  format: 'baton-comparison';
  version: 1;
  /** `violated`: a claimed guarantee became worse. `unknown`: this is not certain. */
  judgement: Judgement;
  base: Compared;
  current: Compared;
  differences: Difference[];
}

const ORDER: Record<Trend, number> = { worse: 0, untold: 1, better: 2, same: 3 };

export function compare(base: readonly Digest[], current: readonly Digest[]): Comparison {
  const tests = rateTests(base, current) + shareTests(current);
  const differences = [
    ...compareGuarantees(base, current, tests),
    ...compareShares(base, current, tests),
    ...compareLatency(base, current),
  ].sort((a, b) => ORDER[a.change] - ORDER[b.change] || Number(b.claimed) - Number(a.claimed));
  return {
    format: 'baton-comparison',
    version: 1,
    // `valid` is the result without any difference.
    judgement: combine(['valid', ...differences.map(difference => difference.means)]),
    base: comparedOf(base),
    current: comparedOf(current),
    differences,
  };
}

function comparedOf(digests: readonly Digest[]): Compared {
  const [first] = digests.toSorted((a, b) => (a.started < b.started ? -1 : 1));
  const { target = '', started = '', revision } = first ?? {};
  const runs = digests.map(digest => digest.run);
  return { target, runs, started, ...(revision === undefined ? {} : { revision }) };
}
