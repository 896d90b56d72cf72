/** Checks continuity: while a session lives, every instance responds to it as signed in as its user. */
import { counted, grouped } from '../result/format.ts';
import { patternOf } from './after-others.ts';
import { ENOUGH_HANDOFFS } from './check.ts';
import { Continuity, ContinuityCounts } from './continuity-judge.ts';
import { atMost, check, few } from './framework.ts';

const ENOUGH_STAYING = 100;

export const continuity = check({
  guarantee: 'continuity',
  assumes:
    '`signedIn` in the target file recognises signed-in pages; each client sends the cookies that it received last',
  minimum:
    `${ENOUGH_HANDOFFS} handoffs: consecutive requests of one session served by different instances; where sticky ` +
    `routing is claimed, ${ENOUGH_STAYING} requests of live sessions`,
  judge: Continuity,
  counts: ContinuityCounts,
  violations: ({ lost, refusing }) => lost + refusing,
  compared: ({ requests }) => requests,
  missing({ sessions, handoffs, requests }, { routing }) {
    if (sessions === 0) return 'no login succeeded, so there was no session';
    // A sticky session stays on one instance, so its requests are counted instead of handoffs.
    if (routing === 'sticky') return few(requests, ENOUGH_STAYING, 'request', ' of live sessions');
    const how =
      'a session that stays on one instance proves nothing. Run at least two instances behind a balancer ' +
      'that is not sticky, for longer, and check that `instance` in the target file distinguishes them';
    return few(handoffs, ENOUGH_HANDOFFS, 'handoff', ` among ${counted(requests, 'request')}`, how);
  },
  rests: ({ requests, handoffs, sessions, pairs }) => ({
    requests,
    handoffs,
    sessions,
    'login pairs': pairs,
  }),
  rulesOut: ({ requests, handoffs }, { routing }) =>
    routing === 'sticky'
      ? `${atMost(requests)} of requests lose the session`
      : `${atMost(handoffs)} of handoffs lose the session`,
  broken: (_violations, { lost, sessions, refusing, pairs, ...counts }) =>
    `${grouped(lost)} of ${counted(sessions, 'session')} lost` +
    patternOf(counts) +
    (refusing === 0 ? '' : `; logins refused on ${refusing} of ${pairs} pairs of instances`),
});
