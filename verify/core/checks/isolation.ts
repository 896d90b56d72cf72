/** Checks isolation: a session shows only its own user's name and canaries, and no session id goes to two users. */
import { counted } from '../result/format.ts';
import { atMost, check } from './framework.ts';
import { Isolation, Responses } from './isolation-judge.ts';

const LEAST_NAMED = 20;

export const isolation = check({
  guarantee: 'isolation',
  assumes:
    'canaries, the private values that Baton writes, are unguessable and name their user; each user has one account',
  minimum:
    `responses to two users, and a canary of each of them in private state; or, if the run writes nothing private, ` +
    `${LEAST_NAMED} responses that name their user`,
  judge: Isolation,
  counts: Responses,
  violations: ({ shown }) => shown,
  compared: ({ users }) => users,
  missing({ users, planted, named, written }) {
    if (users < 2)
      return `responses to ${counted(users, 'user')} only: give the target file at least two accounts`;
    if (written === 0 && named >= LEAST_NAMED) return undefined;
    if (planted >= 2) return undefined;
    return written === 0
      ? 'no user put private values into their state: give the target file a probe with `add` or `set` and a scope ' +
          'of `session` or `user`'
      : `the app accepted private values of ${counted(planted, 'user')}, values of 2 users are needed: run for longer, or ` +
          'find out why the writes fail';
  },
  rests: ({ responses, users, planted, ids }) => ({
    responses,
    users,
    'users with canaries': planted,
    'session ids': ids,
  }),
  // k6 does not count responses that name a user. So in k6 the verdict is `valid` only if users wrote private values.
  rulesOut: ({ responses, planted, named }) =>
    planted === 0
      ? `${atMost(named)} of responses name another user`
      : `${atMost(responses)} of responses show another user's data`,
  broken: (violations, { responses }) =>
    `${counted(violations, 'response')} of ${counted(responses, 'response')} showed another user's data`,
});
