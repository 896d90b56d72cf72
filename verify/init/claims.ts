/** Chooses the claims that fit the kind of session of the app, and explains the choice. */
import type { Login } from './login.ts';
import { isSelfContained, type Left } from './logout.ts';
import type { Alone, Signal } from './signal.ts';
import type { AppFindings } from './write.ts';

/** Returns the claims and the reason for them. @param values values of the session cookies */
export function claimsOf({
  values,
  left,
  signal,
  login,
}: {
  values: readonly string[];
  left: Left | undefined;
  signal: Signal | Alone | undefined;
  login: Login;
}): Pick<AppFindings, 'claims' | 'because'> {
  const sticky = signal !== undefined && 'sticky' in signal && signal.sticky;
  const token = left?.livesOn === true && (login.capture !== undefined || values.some(isSelfContained));
  if (token || login.basic)
    return {
      claims: ['stateless-token', ...(sticky ? [{ routing: 'sticky' }] : [])],
      because: login.basic
        ? 'Each request carries the credentials: there is no logout, and no cookie is judged.'
        : `The ${login.capture === undefined ? 'cookie' : 'token'} holds the session itself and stays valid after a logout: a copy of it is still signed in.\n` +
          'That is normal for this kind of session, so `logout-final` is not claimed; `standard` claims it.\n' +
          'A run measures it anyway, and reports it beside the verdict.',
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
