/** Notes on a response with another user's data, if both users used one browser. A client has the name of its first session. */
import type { Operation } from '../history/history.ts';
import type { SessionState } from '../timeline/sessions.ts';

/** @param writer the session that wrote the value of another user */
export const shared = (writer: string | undefined, { client }: Operation, owner: string): string[] =>
  writer === client
    ? [`${owner} had logged out of the same browser before: the logout did not delete it`]
    : [];

/**
 * Returns a note if the request sent the cookies of a browser that another session had used. A response of that session
 * may have arrived after the login.
 */
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
