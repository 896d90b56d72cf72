/** Computes each instance's share of the requests, and whether the shares are fair. */
import type { Run } from '../history/history.ts';
import { percent } from '../result/format.ts';
import { chiSquareP } from '../result/statistics.ts';
import type { NamedCounts } from './check.ts';

/** The p-value below which shares are uneven. It is divided by the number of tests. */
const SIGNIFICANT = 1e-6;
/** A share is uneven only if it differs from the fair share by more than 20 % of the fair share. */
const OFF = 0.2;
export const ENOUGH_REQUESTS = 100;

/** The counts of routing. */
export interface Routes {
  /** Number of requests for which the balancer chose the instance. */
  requests: number;
  sessions: number;
  /** Number of sessions that a second instance also served. */
  several: number;
  /** Number of requests after the first request of each session. */
  repeats: number;
  /** Number of moves of a sticky session without an entry in the balancer's log. */
  unexplained: number;
  /** Number of requests while an instance was unavailable. */
  unavailable: number;
  /**
   * The requests by instance. `served`: the balancer chose the instance. `chosen`: the client chose the
   * instance.
   */
  served: NamedCounts;
  chosen: NamedCounts;
  /**
   * When each instance was seen first and last: the number of the request, counted from 1. Half a number more
   * means that the client chose the instance after that request. Absent for an instance in the counts of k6:
   * then it counts as present during the whole run.
   */
  since: NamedCounts;
  until: NamedCounts;
}

/** An instance, and the requests between which it counts as present. */
export interface Presence {
  instance: string;
  weight: number;
  /** As in `Routes`. For an instance that is present from the start, `since` is 0. */
  since: number;
  until: number;
}

export interface Share {
  instance: string;
  requests: number;
  /** The share of all requests of the run that the instance should serve, 0 to 1. */
  fair: number;
  /** The share that the instance served, 0 to 1. */
  part: number;
}

/** @returns the share of every instance that served a request, was chosen by a client, or has a weight */
export function sharesOf(count: Routes, run: Run): Share[] {
  const presences = presencesOf(count, run);
  const all = sum(Object.values(count.served));
  const expected = expectedOf(presences, all);
  const weight = sum(presences.map(presence => presence.weight));
  return presences.map(({ instance, weight: own }, i) => {
    const requests = count.served[instance] ?? 0;
    if (all === 0) return { instance, requests, fair: own / weight, part: 0 };
    return { instance, requests, fair: (expected[i] ?? 0) / all, part: requests / all };
  });
}

const sum = (counts: Iterable<number>): number => [...counts].reduce((a, b) => a + b, 0);

/** The p-value below which a result is significant, corrected for the number of tests. */
export const significantIn = ({ sessions }: Routes): number => SIGNIFICANT / (1 + sessions);

/**
 * Returns when each instance was present. An instance that serves nothing before its first response, or after its last
 * one, may have come or gone in a deploy of which Baton does not know. It counts as absent then, if chance does not
 * explain that it served nothing. An instance that has a weight, or that only direct requests reach, must serve during
 * the whole run.
 *
 * @param significant the p-value below which chance does not explain the absence; 1 if each absence counts
 */
export function presencesOf(
  count: Routes,
  { declared }: Run,
  significant = significantIn(count),
): Presence[] {
  const { served, chosen, since, until } = count;
  const { weights } = declared ?? {};
  const names = new Set([...Object.keys(served), ...Object.keys(chosen)]);
  for (const name of names) if (!served[name] && !chosen[name]) names.delete(name);
  if (names.size > 0) for (const name of Object.keys(weights ?? {})) names.add(name);
  const all = sum(Object.values(served));
  const isAbsent = (requests: number): boolean => (1 - 1 / names.size) ** requests < significant;
  return [...names].map(instance => {
    const presence = { instance, weight: weights?.[instance] ?? 1, since: 0, until: all + 1 };
    if (weights !== undefined || !served[instance]) return presence;
    const [first = 1, last = all] = [since[instance], until[instance]];
    if (isAbsent(first - 1)) presence.since = first;
    if (isAbsent(all - last)) presence.until = last;
    return presence;
  });
}

/** Returns the instances that do not count as present during the whole run. */
export const cameOrWent = (count: Routes, run: Run): string[] =>
  presencesOf(count, run)
    .filter(({ since, until }) => since > 0 || until <= count.requests)
    .map(({ instance }) => instance);

/**
 * Returns the probability that fair routing sends a request to an instance.
 *
 * @param request the number of a request that the instance served. If it is the first or the last request of the
 * instance, the probability is 1, because the presence of the instance is derived from it.
 */
export function fairAt(presences: readonly Presence[], instance: string, request: number): number {
  let [own, all] = [1, 0];
  for (const { instance: name, weight, since, until } of presences) {
    if (name === instance) own = weight;
    if (name === instance && (request === since || request === until)) return 1;
    if (since < request && request < until) all += weight;
  }
  return own / all;
}

/** Returns the number of requests that fair routing sends to each instance. @param requests number of all requests */
function expectedOf(presences: readonly Presence[], requests: number): number[] {
  const isRequest = (end: number): boolean => end > 0 && end <= requests && Number.isInteger(end);
  const points = [...new Set(presences.flatMap(({ since, until }) => [since, until]))].sort((a, b) => a - b);
  const expected = presences.map(
    // The request that defines when an instance came or went belongs to this instance.
    ({ since, until }) => [...new Set([since, until])].filter(isRequest).length,
  );
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

/** Returns the probability that fair routing leads to shares that are at least as uneven. */
export const chance = (shares: readonly Share[]): number =>
  chiSquareP(
    shares.map(({ requests }) => requests),
    shares.map(({ fair }) => fair),
  );

/** Returns the instances whose share differs from the fair share by more than chance explains. */
export function unevenly(count: Routes, run: Run): Share[] {
  const shares = sharesOf(count, run);
  const requests = sum(shares.map(share => share.requests));
  if (run.routing === 'sticky' || requests < ENOUGH_REQUESTS || unweighted(shares, run).length > 0) return [];
  const significant = significantIn(count);
  if (run.routing === 'least-outstanding') {
    return shares.filter(share => share.requests === 0 && (1 - share.fair) ** requests < significant);
  }
  if (chance(shares) >= significant) return [];
  return shares.filter(({ part, fair }) => Math.abs(part - fair) > OFF * fair);
}

export function unevenness(uneven: readonly Share[], { declared }: Run): string {
  const shown = (share: Share): string => `${share.instance} served ${percent(share.part)}`;
  const fair = new Set(uneven.map(share => percent(share.fair)));
  if (declared?.weights === undefined && fair.size === 1)
    return `${uneven.map(shown).join(', ')}, where ${[...fair][0]} is fair`;
  const is = declared?.weights === undefined ? 'is fair' : 'is declared';
  return uneven.map(share => `${shown(share)}, where ${percent(share.fair)} ${is}`).join('; ');
}

/** Returns the instances without a weight, if weights are declared. Their fair share is not known. */
export const unweighted = (shares: readonly Share[], { declared }: Run): string[] =>
  shares.map(({ instance }) => instance).filter(name => declared?.weights && !(name in declared.weights));
