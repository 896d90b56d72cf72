/** Computes each instance's share of the requests, and whether the shares are as fair as the target claims. */
import { getOrInsert } from '../get-or-insert.ts';
import type { Run } from '../history/history.ts';
import { percent } from '../result/format.ts';
import { chiSquareP, sum } from '../result/statistics.ts';
import { type Presence, presencesOf, type Routes, significantIn } from './presence.ts';

/** A share is uneven if it differs from the fair share by more than this part of the fair share. */
const OFF = 0.2;
export const ENOUGH_REQUESTS = 100;

export interface Share {
  instance: string;
  requests: number;
  fair: number;
  part: number;
}

export function sharesOf(count: Routes, run: Run, ejected = false): Share[] {
  const presences = presencesOf(count, run, significantIn(count), ejected);
  const all = sum(Object.values(count.served));
  const expected = expectedOf(presences, all);
  const weight = sum(presences.map(presence => presence.weight));
  const shares = new Map<string, Share>();
  presences.forEach(({ instance, weight: own }, i) => {
    const requests = count.served[instance] ?? 0;
    const share = getOrInsert(shares, instance, () => ({
      instance,
      requests,
      fair: 0,
      part: all === 0 ? 0 : requests / all,
    }));
    share.fair += all === 0 ? own / weight : (expected[i] ?? 0) / all;
  });
  return [...shares.values()];
}

function expectedOf(presences: readonly Presence[], requests: number): number[] {
  const isRequest = (end: number): boolean => end > 0 && end <= requests && Number.isInteger(end);
  const points = [...new Set(presences.flatMap(({ since, until }) => [since, until]))].sort((a, b) => a - b);
  const expected = presences.map(({ since, until }) => [...new Set([since, until])].filter(isRequest).length);
  for (let i = 1; i < points.length; i++) {
    const [from = 0, to = 0] = [points[i - 1], points[i]];
    const between = Math.ceil(to) - Math.floor(from) - 1;
    const present = presences.map(({ since, until }) => since <= from && until >= to);
    const weight = sum(presences.map((presence, n) => (present[n] ? presence.weight : 0)));
    presences.forEach((presence, n) => {
      if (present[n]) expected[n] = (expected[n] ?? 0) + (between * presence.weight) / weight;
    });
  }
  return expected;
}

/** Returns the probability that the shares of a fair balancer differ this much by chance. */
export const chance = (shares: readonly Share[]): number =>
  chiSquareP(
    shares.map(({ requests }) => requests),
    shares.map(({ fair }) => fair),
  );

/** Returns the uneven shares for which neither chance nor an ejection by the balancer can be the cause. */
export const unevenly = (count: Routes, run: Run): Share[] =>
  uneven(count, run, false).length === 0 ? [] : uneven(count, run, true);

/** Returns true if the shares are not fair, but would be fair if the balancer ejected an instance for some time. */
export const needsEjection = (count: Routes, run: Run): boolean =>
  count.excused > 0 || (uneven(count, run, false).length > 0 && uneven(count, run, true).length === 0);

function uneven(count: Routes, run: Run, ejected: boolean): Share[] {
  const shares = sharesOf(count, run, ejected);
  const requests = sum(shares.map(share => share.requests));
  if (run.routing === 'sticky' || requests < ENOUGH_REQUESTS || unweighted(shares, run).length > 0) return [];
  const significant = significantIn(count);
  if (run.routing === 'least-outstanding') {
    return shares.filter(share => share.requests === 0 && (1 - share.fair) ** requests < significant);
  }
  if (chance(shares) >= significant) return [];
  return shares.filter(({ part, fair }) => Math.abs(part - fair) > OFF * fair);
}

export function unevenness(shares: readonly Share[], { declared }: Run): string {
  const shown = (share: Share): string => `${share.instance} served ${percent(share.part)}`;
  const fair = new Set(shares.map(share => percent(share.fair)));
  if (declared?.weights === undefined && fair.size === 1)
    return `${shares.map(shown).join(', ')}, where ${[...fair][0]} is fair`;
  const is = declared?.weights === undefined ? 'is fair' : 'is declared';
  return shares.map(share => `${shown(share)}, where ${percent(share.fair)} ${is}`).join('; ');
}

export const unweighted = (shares: readonly Share[], { declared }: Run): string[] =>
  shares.map(({ instance }) => instance).filter(name => declared?.weights && !(name in declared.weights));
