/** A sticky balancer: nginx gives each visitor a route cookie, and chooses the instance by it. */
import type { NginxAdditions } from './nginx.ts';

export const ROUTE_COOKIE = 'route';

/**
 * It comes with the first response, and the instance is chosen by it from the very request on that had none: also the
 * login goes where the session will be.
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
