/** Determines between which requests each instance was present, and which instance fair routing chooses then. */
import type { Run } from '../history/history.ts';
import type { NamedCounts } from './check.ts';

/** The p-value below which shares are uneven, divided by the number of tests. */
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
  /**
   * The longest interval in which each instance was not seen, between its requests `left` and `back`. `without`: how many
   * requests of it belong to another session than the request before them. One session alone makes no such interval.
   */
  left: NamedCounts;
  back: NamedCounts;
  without: NamedCounts;
  /** Number of sessions that stayed on one instance while another one was not seen. */
  excused: number;
}

/** An instance, and the requests between which it counts as present. An instance may have two such intervals. */
export interface Presence {
  instance: string;
  weight: number;
  /** As in `Routes`. For an instance that is present from the start, `since` is 0. */
  since: number;
  until: number;
}

export const sum = (counts: Iterable<number>): number => [...counts].reduce((a, b) => a + b, 0);

/** The p-value below which a result is significant, corrected for the number of tests. */
export const significantIn = ({ sessions }: Routes): number => SIGNIFICANT / (1 + sessions);

/**
 * Returns when each instance was present. A deploy that Baton does not know of may add or remove an instance during
 * the run, and a balancer may eject one for some seconds, after a failure that it hides by a second try. So an
 * instance counts as absent before its first response, after its last one, or in its longest interval without
 * one, if chance does not explain that it served nothing there. An instance that has a weight, or that only direct requests
 * reach, must serve during the whole run.
 *
 * @param significant the p-value below which chance does not explain the absence; 1 if each absence counts
 * @param ejected true if the longest interval without a response counts as an absence, too
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

/** Returns the instances that do not count as present during the whole run. @param ejected as in `presencesOf` */
export const cameOrWent = (count: Routes, run: Run, ejected: boolean): string[] => [
  ...new Set(
    presencesOf(count, run, significantIn(count), ejected)
      .filter(({ since, until }) => since > 0 || until <= count.requests)
      .map(({ instance }) => instance),
  ),
];

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
