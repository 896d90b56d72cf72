/** Explains a response with another user's data, if both users used the same browser one after the other. */
import type { Operation } from '../history/history.ts';
import type { SessionState } from '../timeline/sessions.ts';

/**
 * A client has the name of its first session.
 *
 * @param writer the session that wrote the other user's value
 */
export const shared = (writer: string | undefined, { client }: Operation, owner: string): string[] =>
  writer === client
    ? [`${owner} had logged out of the same browser before: the logout did not delete it`]
    : [];

/** A late response to an earlier session in the same browser may have set the cookie of that session again. */
export const lateCookie = (
  { session }: SessionState,
  { with: cookies, client }: Operation,
  owner: string,
): string[] =>
  cookies === 'old' && client !== session
    ? [
        `${owner} had logged out of the same browser before: a response that arrived after this login may have set the ` +
          `cookie of ${owner} again`,
      ]
    : [];
