/** Sets the security headers and the caching headers of every response. */
import type { RequestHandler } from 'express';
import helmet, { type HelmetOptions } from 'helmet';
import { byProtocol } from './protocol.ts';

/** Time for which browsers use only https for this host: one year. */
const HSTS_SECONDS = 31_536_000;

/**
 * Sets the security headers; `Strict-Transport-Security` only over https.
 * @param pictures origins of the pictures that pages load and upload
 */
export function safetyHeaders(pictures: readonly string[]): RequestHandler {
  const headersOf = byProtocol(secure => helmet(settings(secure, pictures)));
  return (request, response, next) => headersOf(request)(request, response, next);
}

function settings(secure: boolean, pictures: readonly string[]): HelmetOptions {
  return {
    // Pages load nothing from other hosts except pictures, run no scripts, and cannot be framed.
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        scriptSrc: ["'none'"],
        objectSrc: ["'none'"],
        imgSrc: ["'self'", ...pictures],
        formAction: ["'self'", ...pictures],
        frameAncestors: ["'none'"],
        baseUri: ["'none'"],
      },
    },
    referrerPolicy: { policy: 'same-origin' },
    xFrameOptions: { action: 'deny' },
    // Excludes subdomains, because they may be servers without https.
    strictTransportSecurity: secure && { maxAge: HSTS_SECONDS, includeSubDomains: false },
    // Sends these headers only over https. Over http, browsers ignore them and log a warning.
    crossOriginOpenerPolicy: secure,
    originAgentCluster: secure,
  };
}

/** Forbids caching. A shared cache could give the page or cookie of one user to another user. */
export const notCached: RequestHandler = (_request, response, next) => {
  response.set('Cache-Control', 'private, no-store');
  next();
};
