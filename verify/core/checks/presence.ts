/** Finds out when each instance was present in the run, and what a fair share of the requests would be. */
import type { Run } from '../history/history.ts';
import { sum } from '../result/statistics.ts';
import { tally } from './framework.ts';

/** Probability below which a result is not chance, before division by the number of tests. */
const SIGNIFICANT = 1e-6;

export class Routes {
  /** Number of requests whose instance the balancer chose, not the client. */
  requests = 0;
  sessions = 0;
  several = 0;
  repeats = 0;
  /** Number of times that a sticky session moved to another instance without a reason in the balancer's log. */
  unexplained = 0;
  /** Number of requests that are not counted, because the balancer may have ejected an instance. */
  unavailable = 0;
  /** Number of requests to each instance that the balancer chose (`served`), or that the client chose (`chosen`). */
  served = tally();
  chosen = tally();
  /** Key: an instance; value: the numbers of its first and last request among the requests that the balancer routed. */
  since = tally();
  until = tally();
  left = tally();
  back = tally();
  without = tally();
  /** Number of sessions that only one instance served, perhaps because all others were absent. */
  excused = 0;
}

export interface Presence {
  instance: string;
  weight: number;
  /** Number of the first request that the instance could serve; 0 if the instance was present from the start. */
  since: number;
  until: number;
}

/** Returns the limit for p-values. More sessions lower the limit, because each session is tested. */
export const significantIn = ({ sessions }: Routes): number => SIGNIFICANT / (1 + sessions);

/** Returns when each instance was present. With `ejected`, its longest time without a request counts as absence. */
export function presencesOf(count: Routes, run: Run, significant: number, ejected: boolean): Presence[] {
  const { served, chosen, since, until, left, back, without } = count;
  const { weights } = run.declared ?? {};
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

export const cameOrWent = (count: Routes, run: Run, ejected: boolean): string[] => [
  ...new Set(
    presencesOf(count, run, significantIn(count), ejected)
      .filter(({ since, until }) => since > 0 || until <= count.requests)
      .map(({ instance }) => instance),
  ),
];

/** Returns the probability with which a fair balancer sends this request to this instance. */
export function fairAt(presences: readonly Presence[], instance: string, request: number): number {
  let [own, all] = [1, 0];
  for (const { instance: name, weight, since, until } of presences) {
    if (name === instance) own = weight;
    if (name === instance && (request === since || request === until)) return 1;
    if (since < request && request < until) all += weight;
  }
  return own / all;
}
