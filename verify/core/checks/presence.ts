/** Determines during which part of the run each instance was present, and what a fair balancer would then choose. */
import type { Run } from '../history/history.ts';
import type { NamedCounts } from './check.ts';

/** Below this p-value, divided by the number of tests, a result is significant. */
const SIGNIFICANT = 1e-6;

/** The counts of routing. */
export interface Routes {
  /** Number of requests for which the balancer chose the instance. */
  requests: number;
  sessions: number;
  /** Number of sessions that a second instance also served. */
  several: number;
  /** Number of requests after the first request of each session. */
  repeats: number;
  /** Number of times that a sticky session changed its instance and the balancer's log does not show why. */
  unexplained: number;
  /** Number of requests while an instance was unavailable. */
  unavailable: number;
  /** Requests by instance. `served`: the balancer chose the instance. `chosen`: the client chose it. */
  served: NamedCounts;
  chosen: NamedCounts;
  /**
   * By instance: the numbers of the first and the last request that it served. Requests for which the balancer chose
   * the instance are numbered from 1; any other has the number of the request before it, plus 0.5. Counts of k6 have no
   * numbers: then an instance counts as present during the whole run.
   */
  since: NamedCounts;
  until: NamedCounts;
  /**
   * The longest interval without a request to each instance: from its request `left` to its request `back`. `without`:
   * how often requests of different sessions followed each other in it, because one session alone proves no absence.
   */
  left: NamedCounts;
  back: NamedCounts;
  without: NamedCounts;
  /** Number of sessions that stayed on one instance, perhaps because another one was absent. */
  excused: number;
}

/** An instance, and the requests between which it was present. An instance may have two such intervals. */
export interface Presence {
  instance: string;
  weight: number;
  /** As in `Routes`; 0 for an instance that is present from the start. */
  since: number;
  until: number;
}

export const sum = (counts: Iterable<number>): number => [...counts].reduce((a, b) => a + b, 0);

/** Returns the p-value below which a result is significant, corrected for the number of tests. */
export const significantIn = ({ sessions }: Routes): number => SIGNIFICANT / (1 + sessions);

/**
 * Returns when each instance was present. An instance counts as absent before its first request, after its last one,
 * and (if `ejected`) in its longest interval without one, if chance does not explain that it got no request there: a
 * deploy may have added or removed it, and a balancer may eject it for some seconds after a hidden failure. If weights
 * are declared, or if only clients chose the instance, it must serve during the whole run.
 *
 * @param significant the p-value below which chance does not explain an interval; 1: no interval is chance
 * @param ejected true if the longest interval without a request counts as an absence, too
 */
export function presencesOf(
  count: Routes,
  { declared }: Run,
  significant = significantIn(count),
  ejected = false,
): Presence[] {
  const { served, chosen, since, until, left, back, without } = count;
  const { weights } = declared ?? {};
  const names = new Set([...Object.keys(served), ...Object.keys(chosen)]);
  for (const name of names) if (!served[name] && !chosen[name]) names.delete(name);
  if (names.size > 0) for (const name of Object.keys(weights ?? {})) names.add(name);
  const all = sum(Object.values(served));
  const isAbsent = (requests: number, p = significant): boolean => (1 - 1 / names.size) ** requests < p;
  return [...names].flatMap(instance => {
    const presence = { instance, weight: weights?.[instance] ?? 1, since: 0, until: all + 1 };
    if (weights !== undefined || !served[instance]) return presence;
    const [first = 1, last = all] = [since[instance], until[instance]];
    if (isAbsent(first - 1)) presence.since = first;
    if (isAbsent(all - last)) presence.until = last;
    if (!ejected || !isAbsent(without[instance] ?? 0, significantIn(count))) return presence;
    const { [instance]: end = 0 } = left;
    return [
      { ...presence, until: end },
      { ...presence, since: back[instance] ?? 0 },
    ];
  });
}

/** Returns the instances that were absent during a part of the run. @param ejected as in `presencesOf` */
export const cameOrWent = (count: Routes, run: Run, ejected: boolean): string[] => [
  ...new Set(
    presencesOf(count, run, significantIn(count), ejected)
      .filter(({ since, until }) => since > 0 || until <= count.requests)
      .map(({ instance }) => instance),
  ),
];

/**
 * Returns the probability that a fair balancer sends a request to an instance.
 *
 * @param request the number of a request that the instance served. For the first and the last request of an instance
 * the probability is 1, because they define when it was present
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
