/** Recognises an app that limits logins, so that the report names the limit, and not a wrong password. */
import { LIFT } from '../client/retry-after.ts';
import type { Operation } from '../core/history/history.ts';
import { UnavailableError } from '../errors.ts';
import type { Target } from '../target/load.ts';

/** Number of consecutive logins that the app must limit. After fewer, a short limit may be over again. */
const LIMITED = 3;

/** A login that a limit refuses is neither accepted nor signed out: it has status 429, or its text names a limit. */
const isLimited = ({ status = 500, outcome, signedIn }: Operation): boolean =>
  outcome === 'fail' && signedIn === undefined && status >= 400 && ![409, 423, 425].includes(status);

/** Returns an error if the last logins were limited. */
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
