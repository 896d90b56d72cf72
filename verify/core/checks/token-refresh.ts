/** Checks token-refresh: a correct refresh never ends a session, and the app accepts no replaced or revoked token. */
import { counted } from '../result/format.ts';
import { atMost, check, few, reached, untried } from './framework.ts';
import { Refreshes, TokenRefresh } from './token-refresh-judge.ts';

const ENOUGH = 3;

export const tokenRefresh = check({
  guarantee: 'token-refresh',
  assumes:
    'each refresh is recorded, with labels of the refresh tokens that were sent and issued; the target file declares the grace period that the app has',
  minimum:
    `${ENOUGH} accepted refreshes, at least one on each instance; if \`grace\` is declared, ${ENOUGH} refreshes that ` +
    `overlap another refresh with the same token, and ${ENOUGH} that repeat an ended refresh; if refresh tokens are ` +
    `replaced, ${ENOUGH} replays of replaced tokens after the grace period; if the target has a \`logout\`, ` +
    `${ENOUGH} refresh tokens sent after it`,
  judge: TokenRefresh,
  counts: Refreshes,
  compared: ({ refreshes, replays, after }) => refreshes + replays + after,
  missing({ refreshes, replaced, overlapped, repeated, replays, logouts, after, tried }, { declared }) {
    if (declared?.refresh === undefined) return 'the target file has no `refresh`';
    const how = 'run the workload refresh-race';
    const overlapping = ' that overlapped another refresh with the same token';
    const races =
      few(overlapped, ENOUGH, 'refresh request', overlapping, how) ??
      few(repeated, ENOUGH, 'refresh request', ' that repeated an ended refresh', how);
    return (
      few(refreshes, ENOUGH, 'accepted refresh request', '', how) ??
      untried(tried, 'refresh request') ??
      (declared.refresh.grace === undefined ? undefined : races) ??
      (replaced === 0 ? undefined : few(replays, ENOUGH, 'replay', ' of a spent refresh token', how)) ??
      (logouts === 0 ? undefined : few(after, ENOUGH, 'refresh token', ' sent after a logout', how))
    );
  },
  rests: ({ refreshes, overlapped, repeated, replays, after, expired, tried }) => ({
    refreshes,
    overlapping: overlapped,
    repeated,
    'spent tokens': replays,
    'after a logout': after,
    'access tokens after it': expired,
    instances: reached(tried),
  }),
  rulesOut: ({ overlapped, repeated, replays, after }, { declared }) =>
    declared?.refresh?.grace === undefined
      ? `${atMost(replays + after)} of spent and revoked tokens are accepted`
      : `${atMost(overlapped + repeated)} of overlapping and repeated refreshes end the session`,
  broken: (violations, { refreshes }) =>
    `${counted(violations, 'violation')} in ${counted(refreshes, 'accepted refresh request')}`,
  remarks: ({ refreshes, replaced, logouts, ended }) => [
    [
      ended > 0,
      `${counted(ended, 'session')} ended after refreshes with the same token, outside a declared \`grace\``,
    ],
    [refreshes > 0 && replaced === 0, 'refresh tokens are never replaced'],
    [refreshes > 0 && logouts === 0, 'no logout was acknowledged, so no token was sent after one'],
  ],
});
