/** Checks logout-final: after an acknowledged logout, every instance refuses the old cookie for the rest of the run. */
import { counted, grouped } from '../result/format.ts';
import { ENOUGH_HANDOFFS } from './check.ts';
import { atMost, check, few, reached, untried } from './framework.ts';
import { LogoutFinal, Logouts } from './logout-final-judge.ts';

const RACES = 3;

export const logoutFinal = check({
  guarantee: 'logout-final',
  assumes:
    'a session ends in the history only after its last replay; the app signs in users only by the recorded logins',
  minimum:
    `${ENOUGH_HANDOFFS} replays of cookies from before a logout, at least one on each instance, ` +
    `and ${RACES} logouts with a request of the session in flight`,
  judge: LogoutFinal,
  counts: Logouts,
  compared: ({ replays }) => replays,
  missing({ logouts, indeterminate, replays, raced, tried }, { declared }) {
    if (declared?.refresh !== undefined && declared.refresh.revokes === undefined)
      return 'access tokens may live until they expire, so token-refresh judges logouts: declare `revokes: access` if a logout ends them';
    if (indeterminate > 0) {
      const all = logouts === 0 ? ', all' : '';
      return `${counted(indeterminate, 'logout')}${all} of sessions that were lost before: restore continuity first`;
    }
    if (logouts === 0) return 'no logout was acknowledged: give the target file a `logout`';
    const how =
      'replay them on every instance, and send requests of each session to all instances before its logout';
    return (
      few(replays, ENOUGH_HANDOFFS, 'replay', ' of cookies from before a logout', how) ??
      few(raced, RACES, 'logout', ' with a request of the session in flight') ??
      untried(tried, 'replay')
    );
  },
  rests: ({ logouts, raced, replays, tried }) => ({
    logouts,
    'with a request in flight': raced,
    replays,
    instances: reached(tried),
  }),
  rulesOut: ({ raced }) => `${atMost(raced)} of logouts with a request in flight are undone`,
  broken: (violations, { logouts, known }) =>
    known === violations
      ? `the identity provider still knew the user after ${grouped(known)} of ${counted(logouts, 'logout')}`
      : `the cookie was honoured after ${grouped(violations - known)} of ${counted(logouts, 'logout')}`,
  remarks: ({ violations, known, missed, again, undone }) => [
    [
      known > 0 && violations > known,
      `after ${counted(known, 'logout')} the identity provider still knew the user`,
    ],
    [
      missed > 0,
      `${counted(missed, 'deletion')} named another Path or Domain than the cookie, so the cookie stayed`,
    ],
    [again > 0, `${counted(again, 'late response')} set the dead cookie again`],
    [undone > 0, `${counted(undone, 'late response')} replaced or deleted the cookie of a later login`],
  ],
});
