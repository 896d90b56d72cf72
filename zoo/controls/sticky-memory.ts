import type { Control } from '../entry.ts';

/**
 * The balancer gives each visitor a route cookie with the first response, and chooses the instance by it from the
 * very request on that had none: also the login goes where the session will be.
 */
const ROUTE_COOKIE = {
  http: `
    map $cookie_route $route { default $cookie_route; "" $request_id; }
    map $cookie_route $given_route { default ""; "" "route=$request_id; Path=/; HttpOnly; SameSite=Lax"; }`,
  server: 'add_header Set-Cookie $given_route always;',
  upstream: 'hash $route consistent;',
};

export const stickyMemory: Control = {
  kind: 'control',
  name: 'sticky-memory',
  sound:
    'Sessions in the memory of each instance, and a balancer that sends a visitor to the same instance always, by a cookie of its own that is there before the login.',
  deployment: { host: 'card-store', env: { SESSION_STORE: 'memory' }, nginx: ROUTE_COOKIE },
  target: {
    claims: [
      'continuity',
      'isolation',
      { routing: 'sticky' },
      'read-your-writes',
      'monotonic-reads',
      'rotation',
      'forgery',
      'one-session',
      'cookie-policy',
      'private-responses',
      'availability',
      'evidence',
    ],
  },
};
