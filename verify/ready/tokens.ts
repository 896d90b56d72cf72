import type { Context } from '../client/context.ts';
import type { SessionClient } from '../client/session-client.ts';
import { ACCESS, REFRESH } from '../client/tokens.ts';
import { UsageError } from '../errors.ts';

/**
 * Checks that a login gave all tokens for `refresh`, because a missing token would look like a lost session.
 *
 * @throws UsageError if a token is missing
 */
export function requireTokens(
  { target: { refresh } }: { target: Pick<Context['target'], 'refresh'> },
  { captured }: Pick<SessionClient, 'captured'>,
): void {
  if (refresh === undefined) return;
  const { access, token, path, form, json, headers } = refresh;
  if (!captured.has(ACCESS)) throw missing('access', 'access token', ACCESS, access);
  const sent = JSON.stringify([path, form, json, headers]).includes(`{${REFRESH}}`);
  if ((sent || token !== undefined) && !captured.has(REFRESH))
    throw missing('token', 'refresh token', REFRESH, token);
}

function missing(key: string, what: string, name: string, place: unknown): UsageError {
  const at = place === undefined ? '' : ` at ${JSON.stringify(place)}`;
  return new UsageError(
    `refresh.${key}: expected the ${what}${at} in the response to the login, got none. Correct \`refresh.${key}\`. If ` +
      `only the response to a refresh has the token there, add \`${name}\` under \`login.capture\`, with the place of ` +
      'the token in the response to the login',
  );
}
