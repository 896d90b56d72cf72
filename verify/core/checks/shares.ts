/** Computes each instance's share of the requests, and whether the shares are fair. */
import type { Run } from '../history/history.ts';
import { percent } from '../result/format.ts';
import { chiSquareP } from '../result/statistics.ts';
import type { NamedCounts } from './check.ts';

/** The p-value below which shares are uneven. It is divided by the number of tests. */
export const SIGNIFICANT = 1e-6;
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
}

export interface Share {
  instance: string;
  requests: number;
  /** The share of all requests that the instance should serve, 0 to 1. */
  fair: number;
  /** The share that the instance served, 0 to 1. */
  part: number;
}

/** @returns the share of every instance that served a request, was chosen by a client, or has a weight */
export function sharesOf({ served, chosen }: Routes, { declared }: Run): Share[] {
  const weights = declared?.weights ?? {};
  const names = new Set([...Object.keys(served), ...Object.keys(chosen)]);
  for (const name of names) if (!served[name] && !chosen[name]) names.delete(name);
  if (names.size > 0) for (const name of Object.keys(weights)) names.add(name);
  const all = sum(Object.values(served));
  const weightOf = (instance: string): number => weights[instance] ?? 1;
  const weight = sum([...names].map(weightOf));
  return [...names].map(instance => ({
    ...{ instance, requests: served[instance] ?? 0, fair: weightOf(instance) / weight },
    part: all === 0 ? 0 : (served[instance] ?? 0) / all,
  }));
}

const sum = (counts: Iterable<number>): number => [...counts].reduce((a, b) => a + b, 0);

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
  const significant = SIGNIFICANT / (1 + count.sessions);
  if (run.routing === 'least-outstanding') {
    return shares.filter(share => share.requests === 0 && (1 - share.fair) ** requests < significant);
  }
  if (chance(shares) >= significant) return [];
  return shares.filter(({ part, fair }) => Math.abs(part - fair) > OFF * fair);
}

export function unevenness(uneven: readonly Share[], { declared }: Run): string {
  const shown = (share: Share): string => `${share.instance} served ${percent(share.part)}`;
  return declared?.weights === undefined
    ? `${uneven.map(shown).join(', ')}, where ${percent(uneven[0]?.fair ?? 0)} is fair`
    : uneven.map(share => `${shown(share)}, where ${percent(share.fair)} is declared`).join('; ');
}

/** Returns the instances without a weight, if weights are declared. Their fair share is not known. */
export const unweighted = (shares: readonly Share[], { declared }: Run): string[] =>
  shares.map(({ instance }) => instance).filter(name => declared?.weights && !(name in declared.weights));
