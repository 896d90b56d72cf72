/** Guarantees before and now: new anomalies, rates, and evidence. */
import { grouped } from '../check.ts';
import type { Guarantee } from '../guarantees.ts';
import { fisherP } from '../statistics.ts';
import type { Judgement } from '../verdict.ts';
import { type Difference, SIGNIFICANT } from './difference.ts';
import type { Digest, GuaranteeDigest } from './digest.ts';

/** The figure that violations are counted out of, where that is not the first one. */
const OUT_OF: Partial<Record<Guarantee, string>> = {
  continuity: 'sessions',
  outage: 'requests',
  survival: 'sessions from before',
};

/** A guarantee over all runs of one side. */
interface Side {
  claimed: boolean;
  judgement: Judgement;
  violations: number;
  names: ReadonlySet<string>;
  /** What its violations are counted out of. */
  unit: string;
  trials: number;
  /** The instance that all proofs point at. */
  blamed: string | undefined;
}

/**
 * @param tests how many tests the whole comparison makes
 * @returns one for each guarantee that either side claims or could judge
 */
export function compareGuarantees(
  base: readonly Digest[],
  current: readonly Digest[],
  tests: number,
): Difference[] {
  return guaranteesOf([...base, ...current]).flatMap(guarantee => {
    const [before, now] = [sideOf(guarantee, base), sideOf(guarantee, current)];
    const claimed = before?.claimed === true || now?.claimed === true;
    const found = compareOne(before, now, tests);
    if (found === undefined) return [];
    const { blamed } = now ?? {};
    const culprit = found.change === 'worse' && blamed !== undefined ? { instance: blamed } : {};
    return [{ about: guarantee, claimed, ...found, means: claimed ? found.means : 'valid', ...culprit }];
  });
}

/** How many rates there are to test. */
export const rateTests = (base: readonly Digest[], current: readonly Digest[]): number =>
  guaranteesOf([...base, ...current]).length;

function guaranteesOf(digests: readonly Digest[]): Guarantee[] {
  return [...new Set(digests.flatMap(digest => digest.guarantees.map(({ guarantee }) => guarantee)))];
}

function sideOf(guarantee: Guarantee, digests: readonly Digest[]): Side | undefined {
  const all = digests.flatMap(digest => digest.guarantees.filter(one => one.guarantee === guarantee));
  if (all.length === 0) return undefined;
  const sum = (of: (one: GuaranteeDigest) => number): number =>
    all.reduce((total, one) => total + of(one), 0);
  const unit = OUT_OF[guarantee] ?? Object.keys(all[0]?.rests ?? {})[0] ?? '';
  const judgements = new Set(all.map(one => one.judgement));
  return {
    claimed: all.some(one => one.claimed),
    // Several runs are one evidence: it is enough if it is in one of them.
    judgement: judgements.has('violated') ? 'violated' : judgements.has('valid') ? 'valid' : 'unknown',
    violations: sum(one => one.violations),
    names: new Set(all.flatMap(one => one.anomalies)),
    unit,
    trials: sum(one => one.rests[unit] ?? 0),
    blamed: onlyOne(all.filter(one => one.judgement === 'violated').map(one => one.blamed)),
  };
}

/** @returns what all are, if they are */
const onlyOne = (names: readonly (string | undefined)[]): string | undefined =>
  new Set(names).size === 1 ? names[0] : undefined;

type Found = Pick<Difference, 'change' | 'said' | 'means'>;

const worse = (said: string): Found => ({ change: 'worse', means: 'violated', said });
const better = (said: string): Found => ({ change: 'better', means: 'valid', said });
const same = (said: string): Found => ({ change: 'same', means: 'valid', said });
/** @param means whether it matters that it cannot be told */
const untold = (said: string, means: Judgement): Found => ({ change: 'untold', means, said });

function compareOne(before: Side | undefined, now: Side | undefined, tests: number): Found | undefined {
  if (now === undefined || (before?.claimed === true && !now.claimed && now.judgement !== 'violated')) {
    return before?.claimed === true
      ? untold('claimed before, and not any more: make a new baseline if that is meant', 'unknown')
      : undefined;
  }
  if (now.judgement === 'violated') return broken(before, now, tests);
  if (now.judgement === 'unknown') {
    const was =
      before === undefined || before.judgement === 'unknown' ? 'as before' : `it was ${before.judgement}`;
    return untold(`too little evidence now; ${was}`, 'unknown');
  }
  return holds(before, now, tests);
}

/** A new anomaly is a regression whatever its rate. */
function broken(before: Side | undefined, now: Side, tests: number): Found {
  const rate = rateOf(now);
  if (before === undefined || before.judgement === 'unknown') {
    return worse(`${named(now.names)} is new: ${rate}; before there was too little evidence to see it`);
  }
  if (before.judgement === 'valid') {
    return worse(`${named(now.names)} is new: ${rate}; none of ${grouped(before.trials)} before`);
  }
  const fresh = new Set([...now.names].filter(name => !before.names.has(name)));
  if (fresh.size > 0) {
    return worse(`${named(fresh)} is new: ${rate}; before there was ${named(before.names)} alone`);
  }
  const told = `${named(now.names)} in ${rate}, ${rateOf(before)} before`;
  const [more, less] = [higherP(now, before) * tests, higherP(before, now) * tests];
  if (more < SIGNIFICANT) return worse(`${told} ${chance(more)}`);
  if (less < SIGNIFICANT) return better(`${told} ${chance(less)}`);
  return same(`${told}: that may be chance`);
}

function holds(before: Side | undefined, now: Side, tests: number): Found {
  if (before === undefined || before.judgement === 'unknown') {
    return better(`can be judged now, and holds: none of ${grouped(now.trials)} ${now.unit}`);
  }
  if (before.judgement === 'violated') {
    const less = higherP(before, now) * tests;
    const told = `${named(before.names)} in ${rateOf(before)} before, none of ${grouped(now.trials)} now`;
    // Nothing broke now, so only whether it is better is not told.
    return less < SIGNIFICANT
      ? better(`${told} ${chance(less)}`)
      : untold(`${told}: that may be chance`, 'valid');
  }
  const told = `none of ${grouped(now.trials)} ${now.unit}, none of ${grouped(before.trials)} before`;
  return now.trials < before.trials / 2 ? untold(`${told}: it holds on less evidence`, 'valid') : same(told);
}

/** P(so many or more among the first, were both rates the same). */
const higherP = (one: Side, other: Side): number =>
  fisherP(
    Math.min(one.violations, one.trials),
    one.trials,
    Math.min(other.violations, other.trials),
    other.trials,
  );

const rateOf = ({ violations, trials, unit }: Side): string =>
  `${grouped(violations)} of ${grouped(trials)} ${unit}`;

const named = (names: ReadonlySet<string>): string => (names.size === 0 ? 'a break' : [...names].join(', '));

export const chance = (p: number): string => `(p ${p < 1e-12 ? '< 1e-12' : `= ${p.toPrecision(1)}`})`;
