/** Directives for a sticky balancer: nginx gives each visitor a route cookie that determines the instance. */
import type { NginxAdditions } from './nginx-files.ts';

export const ROUTE_COOKIE = 'route';

/**
 * nginx sets the cookie in the first response. It uses the cookie's value even for the first request, which has no
 * cookie yet. So the login reaches the instance that gets all later requests of the session.
 */
export const BY_ROUTE_COOKIE: NginxAdditions = {
  http: `
    map $cookie_${ROUTE_COOKIE} $route { default $cookie_${ROUTE_COOKIE}; "" $request_id; }
    map $cookie_${ROUTE_COOKIE} $given_route {
      default "";
      "" "${ROUTE_COOKIE}=$request_id; Path=/; HttpOnly; SameSite=Lax";
    }`,
  server: 'add_header Set-Cookie $given_route always;',
  upstream: forgotten => `hash $route${forgotten === 0 ? '' : `:${forgotten}`} consistent;`,
};
