/** Sets the security headers and the caching headers of every response. */
import type { RequestHandler } from 'express';
import helmet, { type HelmetOptions } from 'helmet';
import { byProtocol } from './protocol.ts';

/** Time for which browsers must use only https for this host: one year, in seconds. */
const HSTS_SECONDS = 31_536_000;

/**
 * Returns middleware that sets the security headers. Sets `Strict-Transport-Security` only if the client uses https.
 *
 * @param pictures origins from which pages load pictures, and to which they upload pictures
 */
export function safetyHeaders(pictures: readonly string[]): RequestHandler {
  const headersOf = byProtocol(secure => helmet(settings(secure, pictures)));
  return (request, response, next) => headersOf(request)(request, response, next);
}

function settings(secure: boolean, pictures: readonly string[]): HelmetOptions {
  return {
    // Allows pages to load nothing else from other hosts, to run no scripts and to send forms only to this app. No
    // other page can frame them.
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
    // Limits HSTS to this host: its subdomains can be other servers, without https.
    strictTransportSecurity: secure && { maxAge: HSTS_SECONDS, includeSubDomains: false },
    // Sets Cross-Origin-Opener-Policy and Origin-Agent-Cluster only over https: over http, browsers ignore them and log
    // a warning.
    crossOriginOpenerPolicy: secure,
    originAgentCluster: secure,
  };
}

/**
 * Forbids caches to store responses. If a shared cache stored a page or its cookie, it would give one user's session to
 * another user.
 */
export const notCached: RequestHandler = (_request, response, next) => {
  response.set('Cache-Control', 'private, no-store');
  next();
};
