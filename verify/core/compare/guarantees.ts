/** Compares the guarantees of two sides (base and current): anomalies, rates of violations, and evidence. */
import { grouped } from '../result/format.ts';
import type { Guarantee } from '../result/guarantees.ts';
import { fisherP } from '../result/statistics.ts';
import type { Judgement } from '../result/verdict.ts';
import { type Difference, SIGNIFICANT } from './difference.ts';
import type { Digest, GuaranteeDigest } from './digest.ts';

/** Key: a guarantee; value: the count that is the denominator of its rate of violations. Default: its first count. */
const OUT_OF: Partial<Record<Guarantee, string>> = {
  continuity: 'sessions',
  outage: 'requests',
  survival: 'sessions from before',
};

interface Side {
  claimed: boolean;
  judgement: Judgement;
  violations: number;
  names: ReadonlySet<string>;
  /** The denominator of the rate of violations: its name (`unit`) and its value (`trials`). */
  unit: string;
  trials: number;
  blamed: string | undefined;
}

/** @param tests number of statistical tests in the whole comparison, by which each p-value is multiplied */
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
    // The runs of a side are judged by the sum of their evidence.
    judgement: judgements.has('violated') ? 'violated' : judgements.has('valid') ? 'valid' : 'unknown',
    violations: sum(one => one.violations),
    names: new Set(all.flatMap(one => one.anomalies)),
    unit,
    trials: sum(one => one.rests[unit] ?? 0),
    blamed: onlyOne(all.filter(one => one.judgement === 'violated').map(one => one.blamed)),
  };
}

const onlyOne = (names: readonly (string | undefined)[]): string | undefined =>
  new Set(names).size === 1 ? names[0] : undefined;

type Found = Pick<Difference, 'change' | 'said' | 'means'>;

const worse = (said: string): Found => ({ change: 'worse', means: 'violated', said });
const better = (said: string): Found => ({ change: 'better', means: 'valid', said });
const same = (said: string): Found => ({ change: 'same', means: 'valid', said });
/** @param means the verdict: `unknown` if it could not be decided because evidence is missing */
const undetermined = (said: string, means: Judgement): Found => ({ change: 'untold', means, said });

function compareOne(before: Side | undefined, now: Side | undefined, tests: number): Found | undefined {
  if (now === undefined || (before?.claimed === true && !now.claimed && now.judgement !== 'violated')) {
    return before?.claimed === true
      ? undetermined('claimed before, but no longer: make a new baseline if that is intended', 'unknown')
      : undefined;
  }
  if (now.judgement === 'violated') return broken(before, now, tests);
  if (now.judgement === 'unknown') {
    const was =
      before === undefined || before.judgement === 'unknown' ? 'as before' : `it was ${before.judgement}`;
    return undetermined(`too little evidence now; ${was}`, 'unknown');
  }
  return holds(before, now, tests);
}

/** A new kind of anomaly is worse, even if the rate of violations fell. */
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
    return worse(`${named(fresh)} is new: ${rate}; before there was only ${named(before.names)}`);
  }
  const said = `${named(now.names)} in ${rate}, ${rateOf(before)} before`;
  const [more, less] = [higherP(now, before) * tests, higherP(before, now) * tests];
  if (more < SIGNIFICANT) return worse(`${said} ${chance(more)}`);
  if (less < SIGNIFICANT) return better(`${said} ${chance(less)}`);
  return same(`${said}: the difference may be chance`);
}

function holds(before: Side | undefined, now: Side, tests: number): Found {
  if (before === undefined || before.judgement === 'unknown') {
    return better(`has enough evidence now, and holds: no violation in ${grouped(now.trials)} ${now.unit}`);
  }
  if (before.judgement === 'violated') {
    const less = higherP(before, now) * tests;
    const said = `${named(before.names)} in ${rateOf(before)} before, none of ${grouped(now.trials)} now`;
    return less < SIGNIFICANT
      ? better(`${said} ${chance(less)}`)
      : undetermined(`${said}: the difference may be chance`, 'valid');
  }
  const said = `none of ${grouped(now.trials)} ${now.unit}, none of ${grouped(before.trials)} before`;
  return now.trials < before.trials / 2
    ? undetermined(`${said}: it still holds, on less evidence`, 'valid')
    : same(said);
}

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
