/** Checks outage: while the session store is down, no session is signed out and no request hangs. */
import { counted, grouped } from '../result/format.ts';
import { ENOUGH_HANDOFFS } from './check.ts';
import { atMost, check, few } from './framework.ts';
import { Outage, OutageCounts } from './outage-judge.ts';
import { starved } from './trouble.ts';

const RECOVERED = 3;

export const outage = check({
  guarantee: 'outage',
  assumes:
    'the store responds to no request during the fault; the history times faults by the clock of the run, and marks ' +
    'requests that its overloaded machine delayed (`starved`)',
  minimum:
    `a declared deadline, ${ENOUGH_HANDOFFS} requests of live sessions while Baton saw that the store was down, and ` +
    `${RECOVERED} of those sessions with a request afterwards`,
  judge: Outage,
  counts: OutageCounts,
  compared: ({ requests }) => requests,
  missing(count, { declared }) {
    if (count.outages === 0) return 'the store was never down: run with a fault that stops it';
    if (count.effective < count.outages)
      return 'no effect was seen of an outage: check that the fault stops the store of the sessions';
    if (declared?.deadline === undefined)
      return 'no deadline is declared, so no request can be too late: set `deadline` in the target file';
    if (count.starved > 0) return starved(count.starved);
    return (
      few(count.requests, ENOUGH_HANDOFFS, 'request', ' of live sessions while the store was down') ??
      few(count.recovered, RECOVERED, 'session', ' with a request after the store was back')
    );
  },
  rests: ({ effective, requests, recovered }) => ({
    outages: effective,
    requests,
    'sessions used again': recovered,
  }),
  rulesOut: ({ requests }) =>
    `${atMost(requests)} of requests are signed out or hang while the store is down`,
  broken: (violations, { requests }) =>
    `${grouped(violations)} of ${counted(requests, 'request')} signed out or hung`,
});
