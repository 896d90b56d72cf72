/** A set of claims that this kind of session can keep, and why. */
import type { Login } from './login.ts';
import { isSelfContained, type Left } from './logout.ts';
import type { Alone, Signal } from './signal.ts';
import type { Findings } from './write.ts';

/** @param values of the cookies that carry the session */
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
}): Pick<Findings, 'claims' | 'because'> {
  const sticky = signal !== undefined && 'sticky' in signal && signal.sticky;
  const token = left?.livesOn === true && (login.capture !== undefined || values.some(isSelfContained));
  if (token || login.basic)
    return {
      claims: ['stateless-token', ...(sticky ? [{ routing: 'sticky' }] : [])],
      because: login.basic
        ? 'Each request says who sends it: no user is ever logged out, and no cookie is judged.'
        : `The ${login.capture === undefined ? 'cookie' : 'token'} holds the session itself, and lives on after a logout: a copy of it stays signed in.\n` +
          'That is what this kind of session is, so `logout-final` is not claimed; `standard` claims it.\n' +
          'A run measures it all the same, and names it beside the verdict.',
    };
  if (sticky) return { claims: ['sticky'], because: 'All that is judged, with a balancer that is sticky.' };
  return {
    claims: ['standard'],
    because: 'All that is judged but lost updates, double effects and linearizability.',
  };
}
