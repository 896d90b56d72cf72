/** Sets the security headers and the caching headers of every response. */
import type { RequestHandler } from 'express';
import helmet, { type HelmetOptions } from 'helmet';
import { byProtocol } from './protocol.ts';

/** One year, in seconds. During this time, browsers use only https for this host. */
const HSTS_SECONDS = 31_536_000;

/**
 * Returns middleware that sets the security headers; `Strict-Transport-Security` only if the client uses https.
 *
 * @param pictures origins at which pages show pictures, and to which they upload pictures
 */
export function safetyHeaders(pictures: readonly string[]): RequestHandler {
  const headersOf = byProtocol(secure => helmet(settings(secure, pictures)));
  return (request, response, next) => headersOf(request)(request, response, next);
}

function settings(secure: boolean, pictures: readonly string[]): HelmetOptions {
  return {
    // Pages load nothing else from other hosts, run no scripts, send forms only to this app and cannot be framed.
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
    // HSTS applies only to this host, because its subdomains may be other servers.
    strictTransportSecurity: secure && { maxAge: HSTS_SECONDS, includeSubDomains: false },
    // Cross-Origin-Opener-Policy and Origin-Agent-Cluster need https: over http, browsers ignore them and log a
    // warning.
    crossOriginOpenerPolicy: secure,
    originAgentCluster: secure,
  };
}

/** Forbids caching. A shared cache that stored a page, or its cookie, would give one user's session to another user. */
export const notCached: RequestHandler = (_request, response, next) => {
  response.set('Cache-Control', 'private, no-store');
  next();
};
