/** Detects that an app limits logins. Baton then reports the limit instead of a wrong password. */
import { LIFT } from '../client/retry-after.ts';
import type { Operation } from '../core/history/history.ts';
import { UnavailableError } from '../errors.ts';
import type { Target } from '../target/load.ts';

/**
 * Minimum number of consecutive refused logins for reporting a limit. After fewer refusals, the limit may soon end by
 * itself.
 */
const LIMITED = 3;

/** Status 429, or a text that names a limit, shows that the app limits logins. */
const isLimited = ({ status = 500, outcome, signedIn }: Operation): boolean =>
  outcome === 'fail' && signedIn === undefined && status < 500 && ![409, 423, 425].includes(status);

/** Returns an error if the app refused the last logins because of a limit. */
export function loginLimit(
  logins: readonly Operation[],
  { url, login }: Pick<Target, 'url' | 'login'>,
): UnavailableError | undefined {
  const last = logins.slice(-LIMITED);
  if (last.length < LIMITED || !last.every(isLimited)) return undefined;
  const before = logins.filter(({ outcome }) => outcome === 'ok').length;
  return new UnavailableError(
    `${url}${login.path}: the app limits logins (status ${last.at(-1)?.status}). It accepted ${before} of ${logins.length} ` +
      `logins before the load, and refused the last ${LIMITED}. ${LIFT}`,
  );
}
