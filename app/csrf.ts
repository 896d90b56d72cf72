/** Checks that a form comes from a page of this app in the same session (signed double-submit cookie). */
import cookieParser from 'cookie-parser';
import { doubleCsrf } from 'csrf-csrf';
import { type Request, type RequestHandler, Router } from 'express';
import { Refusal } from './failures.ts';
import { byProtocol } from './protocol.ts';
import { deriveKey } from './secrets.ts';
import { signedInUser } from './session.ts';

export interface CsrfProtection {
  /** Adds the method `csrfToken` to every request. Must run after the session middleware. */
  readonly prepare: RequestHandler;
  /** Refuses a form if its token is missing or belongs to a different session. */
  readonly require: RequestHandler;
}

/**
 * Creates the CSRF check. Signs form tokens with the first secret, and accepts signatures of every secret. So instances
 * with equal secrets accept each other's tokens.
 */
export function createCsrf(secrets: readonly string[]): CsrfProtection {
  const keys = secrets.map(secret => deriveKey(secret, 'csrf'));
  const tokens = byProtocol(secure =>
    doubleCsrf({
      getSecret: () => keys,
      getSessionIdentifier,
      cookieName: secure ? '__Host-csrf' : 'csrf',
      cookieOptions: { httpOnly: true, sameSite: 'lax', path: '/', secure },
      getCsrfTokenFromRequest: tokenOf,
    }),
  );
  const addTokens: RequestHandler = (request, response, next) => {
    request.csrfToken = options => tokens(request).generateCsrfToken(request, response, options);
    next();
  };
  return {
    prepare: Router().use(cookieParser(), addTokens),
    require: (request, _response, next) =>
      next(tokens(request).validateRequest(request) ? undefined : outOfDate()),
  };
}

/**
 * Returns '' for a visitor who has not signed in. The form token then depends only on a cookie, so the page needs no
 * session store.
 */
function getSessionIdentifier(request: Request): string {
  return signedInUser(request) === undefined ? '' : request.sessionID;
}

function tokenOf(request: Request): string | undefined {
  const field: unknown = request.body?._csrf;
  return typeof field === 'string' ? field : request.get('x-csrf-token');
}

function outOfDate(): Refusal {
  return new Refusal(
    403,
    'This form is out of date, so nothing was changed. Go back, reload the page and send it again.',
  );
}
