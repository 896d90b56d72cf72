/** Compares the share of the load that each instance served. */
import { percent } from '../result/format.ts';
import { fisherP, sum } from '../result/statistics.ts';
import { type Difference, SIGNIFICANT } from './difference.ts';
import { type Digest, faultsIn } from './digest.ts';
import { chance } from './guarantees.ts';

/** Minimum relative change of a share that is reported as a difference. */
const OFF = 1 / 3;

interface Share {
  instance: string;
  count: number;
  share: number;
}

export const shareTests = (current: readonly Digest[]): number => sharesOf(current, 'requests').length;

export function compareShares(
  base: readonly Digest[],
  current: readonly Digest[],
  tests: number,
): Difference[] {
  const unit = sticky([...base, ...current]) ? 'sessions' : 'requests';
  const [before, now] = [sharesOf(base, unit), sharesOf(current, unit)];
  if (before.length < 2 || now.length === 0) return [];
  const claimed = [...base, ...current].some(digest =>
    digest.guarantees.some(({ guarantee, claimed }) => guarantee === 'routing' && claimed),
  );
  if ([...base, ...current].some(digest => faultsIn(digest) > 0)) return [];
  if (now.length !== before.length) return [otherInstances(before, now, claimed)];
  // The instance with the largest relative decrease comes first, because it is probably the cause.
  const pairs = paired(before, now).sort(([a, b], [c, d]) => b.share / a.share - d.share / c.share);
  const [beforeAll, nowAll] = [sum(before.map(({ count }) => count)), sum(now.map(({ count }) => count))];
  const fair = 1 / now.length;
  return pairs.flatMap(([was, is]) => {
    if (Math.abs(is.share - was.share) <= OFF * was.share) return [];
    const p =
      is.share > was.share
        ? fisherP(is.count, nowAll, was.count, beforeAll)
        : fisherP(was.count, beforeAll, is.count, nowAll);
    if (2 * p * tests >= SIGNIFICANT) return [];
    const { instance } = is;
    const change = Math.abs(is.share - fair) > Math.abs(was.share - fair) ? 'worse' : 'better';
    const means = change === 'worse' && claimed ? 'violated' : 'valid';
    const said = `${instance} served ${percent(is.share)} of ${unit}, ${percent(was.share)} before ${chance(2 * p * tests)}`;
    return [{ about: 'share', claimed, means, instance, change, said }];
  });
}

/** Returns whether the balancer seems to be sticky, so that shares of sessions are compared, not of requests. */
function sticky(digests: readonly Digest[]): boolean {
  const contacts = digests.flatMap(({ instances }) => instances.map(({ sessions }) => sessions));
  return sum(contacts) < 1.5 * sum(digests.map(({ sessions }) => sessions));
}

function sharesOf(digests: readonly Digest[], unit: 'requests' | 'sessions'): Share[] {
  const counts = new Map<string, number>();
  for (const one of digests.flatMap(digest => digest.instances)) {
    counts.set(one.instance, (counts.get(one.instance) ?? 0) + one[unit]);
  }
  const all = sum([...counts.values()]);
  return [...counts].map(([instance, count]) => ({ instance, count, share: all === 0 ? 0 : count / all }));
}

/** Pairs instances by name. Pairs new names, such as those of containers, by the order of their shares. */
function paired(before: readonly Share[], now: readonly Share[]): [Share, Share][] {
  const named = now.every(({ instance }) => before.some(share => share.instance === instance));
  const order = (shares: readonly Share[]): Share[] =>
    shares.toSorted(named ? (a, b) => (a.instance < b.instance ? -1 : 1) : (a, b) => b.share - a.share);
  const sorted = order(now);
  return order(before).map((was, i): [Share, Share] => [was, sorted[i] as Share]);
}

function otherInstances(before: readonly Share[], now: readonly Share[], claimed: boolean): Difference {
  const gone = before.filter(({ instance }) => now.every(share => share.instance !== instance));
  const fewer = now.length < before.length;
  const [only] = gone;
  return {
    about: 'share',
    claimed,
    change: fewer ? 'worse' : 'untold',
    means: fewer && claimed ? 'violated' : 'valid',
    said: `${now.length} instances served, ${before.length} before`,
    ...(fewer && gone.length === 1 && only !== undefined ? { instance: only.instance } : {}),
  };
}
