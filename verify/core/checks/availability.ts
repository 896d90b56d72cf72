/** Checks availability: failures, waits and gaps stay within a fault's budget, and outside faults no request fails. */
import { counted, grouped, seconds } from '../result/format.ts';
import { Availability, AvailabilityCounts, ENOUGH, ENOUGH_IN_WINDOW } from './availability-judge.ts';
import { atMost, check, few } from './framework.ts';
import { starved } from './trouble.ts';

function findingOf(count: AvailabilityCounts): string {
  const { requests, errors, windows, requestsInWindows, errorsInWindows, gap } = count;
  const outside =
    errors === 0
      ? `${atMost(requests)} of requests fail without a fault`
      : `${grouped(errors)} of ${counted(requests, 'request')} failed without a fault`;
  if (windows === 0) return outside;
  const inside =
    `in ${counted(windows, 'fault window')} ${grouped(errorsInWindows)} of ${grouped(requestsInWindows)} failed, ` +
    `longest gap ${seconds(gap)}`;
  return requests === 0 ? inside : `${outside}; ${inside}`;
}

export const availability = check<AvailabilityCounts>({
  guarantee: 'availability',
  assumes:
    'the history times faults by the clock of the run; it marks requests that Baton aborted (`aborted`), or that its ' +
    'overloaded machine delayed (`starved`)',
  minimum: `${ENOUGH} requests outside fault windows, unless a window is the whole run, and ${ENOUGH_IN_WINDOW} in each`,
  judge: Availability,
  counts: AvailabilityCounts,
  compared: ({ requests, requestsInWindows }) => requests + requestsInWindows,
  missing(count) {
    if (count.starved > 0) return starved(count.starved);
    if (count.withoutEffect > 0) return `no effect was seen of ${counted(count.withoutEffect, 'fault')}`;
    if (count.tooFew > 0)
      return `fewer than ${ENOUGH_IN_WINDOW} requests in ${counted(count.tooFew, 'fault window')}: send more requests during the faults`;
    const wholeRun = count.requests === 0 && count.windows > 0;
    if (wholeRun) return undefined;
    return few(count.requests, ENOUGH, 'request', ' outside fault windows', 'run for longer');
  },
  rests: ({ requests, windows, requestsInWindows }) => ({
    requests,
    'fault windows': windows,
    'requests in them': requestsInWindows,
  }),
  rulesOut: findingOf,
  broken: (_violations, count) => findingOf(count),
});
