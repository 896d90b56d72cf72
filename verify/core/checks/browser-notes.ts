/** Makes notes for a response with another user's data, if both users used one browser (a client). */
import type { Operation } from '../history/history.ts';
import type { SessionState } from '../timeline/sessions.ts';

/**
 * Returns a note if the other user's session began this browser, whose client has the name of its first session.
 *
 * @param writer the session that wrote the other user's value
 */
export const shared = (writer: string | undefined, { client }: Operation, owner: string): string[] =>
  writer === client
    ? [`${owner} had logged out of the same browser before: the logout did not delete it`]
    : [];

/**
 * Returns a note if the request sent old cookies of a browser that another session had used before. A late response to
 * that session may have set its cookie again.
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
