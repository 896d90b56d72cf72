/** Chooses the claims that fit the app, and lists what other claims would need. */

import type { Target } from '../target/load.ts';
import type { AppFindings, Unclaimed } from './findings.ts';
import { lacksOf } from './lacks.ts';
import type { Login } from './login.ts';
import type { Left } from './logout.ts';
import type { FoundProbe } from './probe.ts';
import { holdsSession, type OtherValues } from './session-data.ts';
import type { Alone, Signal } from './signal.ts';

/**
 * Returns the claims and the reason for them.
 *
 * @param values for each session cookie and token, its values in order of time
 * @param others values of these cookies before a login, in another session of the first user, and in a session of the
 * second user
 * @param users login names
 * @param probe if `onServer` is true, the server keeps the session
 */
export function claimsOf({
  values,
  others = {},
  users,
  left,
  signal,
  login,
  probe,
}: {
  values: readonly (readonly string[])[];
  others?: { readonly [Session in keyof OtherValues]?: readonly (string | undefined)[] };
  users: readonly string[];
  left: Left | undefined;
  signal: Signal | Alone | undefined;
  login: Login;
  probe: Pick<FoundProbe, 'onServer'> | undefined;
}): Pick<AppFindings, 'claims' | 'because'> {
  const sticky = signal !== undefined && 'sticky' in signal && signal.sticky;
  const holds =
    probe?.onServer !== true &&
    values.some((inTurn, i) =>
      holdsSession(inTurn, users, {
        before: others.before?.[i],
        again: others.again?.[i],
        second: others.second?.[i],
      }),
    );
  // Init claims `stateless-token` if the cookie or token contains the session and stays valid after a logout. If the
  // login gives a refresh token, init does not claim it, because `token-refresh` judges the logout.
  const token = login.refresh === undefined && left?.livesOn === true && holds;
  if (token || login.basic)
    return {
      claims: ['stateless-token', ...(sticky ? [{ routing: 'sticky' }] : [])],
      because: login.basic
        ? 'Each request carries the credentials: there is no logout, and no cookie is judged.'
        : `The ${login.capture === undefined ? 'cookie' : 'token'} holds the session itself and stays valid after a logout: a copy of it is still signed in.\n` +
          'That is normal for this kind of session, so the file does not claim `logout-final`, which `standard` includes.\n' +
          'A run still measures this guarantee, and reports it beside the verdict.',
    };
  if (sticky)
    return {
      claims: ['sticky'],
      because:
        'All guarantees except no-lost-updates, at-most-once and linearizability; the balancer is sticky.',
    };
  return {
    claims: ['standard'],
    because: 'All guarantees except no-lost-updates, at-most-once and linearizability.',
  };
}

/**
 * Splits claims into those that a run can decide (`claims`) and the remaining ones (`unclaimed`).
 *
 * @param more additional guarantees that no run can decide
 */
export function decidable(
  target: Target,
  claims: AppFindings['claims'],
  more: readonly Unclaimed[],
): { claims: AppFindings['claims']; unclaimed: Unclaimed[] } {
  const lacking = lacksOf(target, { logs: false, faults: false }).filter(({ claimed }) => claimed);
  const unclaimed = [
    ...lacking,
    ...more.filter(({ guarantee }) => target.claims.some(one => one === guarantee)),
  ];
  if (unclaimed.length === 0) return { claims, unclaimed };
  const out = new Set<string>(['evidence', ...unclaimed.map(({ guarantee }) => guarantee)]);
  const names = target.claims.filter(name => !out.has(name));
  const sticky = target.routing === 'sticky' && names.includes('routing');
  const list = sticky ? names.filter(name => name !== 'routing') : names;
  return { claims: [...list, ...(sticky ? [{ routing: 'sticky' }] : [])], unclaimed };
}
