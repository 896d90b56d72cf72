/** Adds notes to an anomaly in which a response shows another user's data, if both users used the same browser. */
import type { Operation } from '../history/history.ts';
import type { SessionState } from '../timeline/sessions.ts';

/** Returns a note if both users used the same browser: then `client` has the name of the session `writer`. */
export const shared = (writer: string | undefined, { client }: Operation, owner: string): string[] =>
  writer === client
    ? [`${owner} had logged out of the same browser before: the logout did not delete all data of ${owner}`]
    : [];

/** Returns a note if a late response to an earlier session of this browser may have restored the session's cookie. */
export const lateCookie = (
  { session }: SessionState,
  { with: cookies, client }: Operation,
  owner: string,
): string[] =>
  cookies === 'old' && client !== session
    ? [
        `${owner} had logged out of the same browser before: a response that arrived after this login may have set the ` +
          `cookie of ${owner} again, which is still accepted. If the cookie holds the session itself, set it only in ` +
          'responses that change the session',
      ]
    : [];
