/** Finds when each instance was present in the run, and how a fair balancer would share the requests. */
import type { Run } from '../history/history.ts';
import type { NamedCounts } from './check.ts';

/** Chance does not explain a result whose probability is below this, divided by the number of tests. */
const SIGNIFICANT = 1e-6;

export interface Routes {
  /** Requests for which the balancer, and not the client, chose the instance. */
  requests: number;
  sessions: number;
  several: number;
  repeats: number;
  /** Moves of a sticky session to another instance that the balancer's log does not explain. */
  unexplained: number;
  /** Requests that do not count, because the balancer may have ejected an instance. */
  unavailable: number;
  /** Requests by instance, as the balancer (`served`) or the client (`chosen`) chose it. */
  served: NamedCounts;
  chosen: NamedCounts;
  /**
   * By instance: the number of its first request, and of its last (`until`). The balancer's requests are numbered 1, 2,
   * 3 …; one after number 2 whose instance the client chose has the number 2.5. k6 has no numbers, so each instance
   * counts as always present.
   */
  since: NamedCounts;
  until: NamedCounts;
  /**
   * By instance: its longest interval without a request, from `left` to `back`, and the changes from one session to
   * another in it (`without`). Many requests of one session prove no absence.
   */
  left: NamedCounts;
  back: NamedCounts;
  without: NamedCounts;
  /** Sessions that only one instance served, perhaps because another was absent. */
  excused: number;
}

/** An interval, in request numbers, in which an instance was present. An instance has one or two. */
export interface Presence {
  instance: string;
  weight: number;
  /** 0 if the instance was present from the start. */
  since: number;
  until: number;
}

export const sum = (counts: Iterable<number>): number => [...counts].reduce((a, b) => a + b, 0);

/** The limit for p-values. More sessions mean more tests. */
export const significantIn = ({ sessions }: Routes): number => SIGNIFICANT / (1 + sessions);

/**
 * A deploy may add or remove an instance: it is absent before its first and after its last request, unless chance
 * explains that it got none there. A balancer may eject one for some seconds: with `ejected`, its longest interval
 * without a request is an absence, too. With declared weights, or if only clients chose it, an instance is always
 * present.
 *
 * @param significant the p-value below which chance does not explain an interval; 1: chance explains none
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

/** The instances that were absent in a part of the run. */
export const cameOrWent = (count: Routes, run: Run, ejected: boolean): string[] => [
  ...new Set(
    presencesOf(count, run, significantIn(count), ejected)
      .filter(({ since, until }) => since > 0 || until <= count.requests)
      .map(({ instance }) => instance),
  ),
];

/**
 * The probability that a fair balancer sends this request to its instance. It is 1 for the requests at the ends of an
 * interval.
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
