/** Stores the access token, refresh token and token lifetime of a session. */
import { z } from 'zod';
import { type Finding, finder } from '../core/response/finding.ts';
import type { Reply } from '../core/response/reply.ts';
import type { RefreshSpec } from '../target/schema.ts';
import type { SessionClient } from './session-client.ts';

/** Placeholder for the access token. */
export const ACCESS = 'access';
export const REFRESH = 'refresh';

/** Baton counts an access token as expired at most this long before its expiry, milliseconds. */
const TOLERANCE = 2_000;

/** Issue and expiry in a JWT, seconds since the epoch. */
const claims = z.object({ iat: z.number(), exp: z.number() });

/**
 * Stores the tokens of a response. Returns the refresh token and the access token's lifetime, milliseconds. Returns
 * undefined if there is no access token.
 *
 * @param called time at which the request was sent, milliseconds since the epoch
 */
export function keepTokens(
  { access, token, lifetime }: Pick<RefreshSpec, 'access' | 'token' | 'lifetime'>,
  reply: Reply,
  client: Pick<SessionClient, 'captured' | 'access'>,
  called: number,
): { refresh: string | undefined; lifetime: number | undefined } | undefined {
  const found = (finding: Finding): string | undefined => finder(finding, text => text).first(reply);
  const newAccess = found(access);
  if (newAccess === undefined) return undefined;
  client.captured.set(ACCESS, newAccess);
  const refresh = token === undefined ? undefined : found(token);
  if (refresh !== undefined) client.captured.set(REFRESH, refresh);
  const lasts =
    typeof lifetime === 'object'
      ? Number(found(lifetime) ?? Number.NaN) * 1000
      : (lifetime ?? lifetimeOf(newAccess));
  const known = Number.isFinite(lasts) ? lasts : undefined;
  client.access = known === undefined ? undefined : { lifetime: known, ends: called + known };
  return { refresh, lifetime: known };
}

/** Returns the lifetime in a JWT, milliseconds; NaN if there is none. */
function lifetimeOf(token: string): number {
  try {
    const payload = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString();
    const { iat, exp } = claims.parse(JSON.parse(payload));
    return (exp - iat) * 1000;
  } catch {
    return Number.NaN;
  }
}

/** Returns whether the access token may have expired. The app may then refuse it. */
export function mayHaveExpired({ captured, access }: SessionClient): boolean {
  if (!captured.has(ACCESS)) return false;
  if (access === undefined) return true;
  return Date.now() >= access.ends - Math.min(TOLERANCE, access.lifetime / 2);
}

/** Returns whether the client must refresh before its next request. */
export const mustRefresh = ({ access }: SessionClient, { before }: RefreshSpec): boolean =>
  before !== undefined && access !== undefined && Date.now() >= access.ends - before;
