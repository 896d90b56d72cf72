import type { NginxAdditions } from '../../stack/nginx.ts';
import type { Defect } from '../entry.ts';

/** The cookie contains the address of an instance, and nginx tries no other instance. */
const PINNED: NginxAdditions = {
  http: `
    map $cookie_pinned $given_pin {
      default "";
      "" "pinned=$upstream_addr; Path=/; HttpOnly; SameSite=Lax";
    }`,
  server: `
    add_header Set-Cookie $given_pin always;
    error_page 419 = @pinned;
    if ($cookie_pinned ~ "^127[.]0[.]0[.]1:[0-9]+$") { return 419; }
    location @pinned { proxy_pass http://$cookie_pinned; }`,
};

export const affinityPinsToDeadTarget: Defect = {
  kind: 'defect',
  name: 'affinity-pins-to-dead-target',
  section: 'availability',
  broken:
    'The cookie of a sticky balancer names an instance, and the balancer routes to this instance even after it stopped. Sessions are shared, so any other instance could serve the users. Yet the users of the stopped instance get 502 until they delete their cookies.',
  wild: 'The cookie holds the address or name of an instance, and the rule of the balancer has no fallback. Or the balancer divides users among groups of instances, and one group is empty.',
  references: [
    'traefik/traefik#1299',
    'vfarcic/docker-flow-proxy#446',
    'AWS re:Post QUugYm4uzWSI2af5mnmMjlZQ',
  ],
  remedy:
    'If the named target is unavailable, choose another instance and give the visitor a new cookie, as the sticky modes of nginx, HAProxy and ALB do.',
  needs: ['fault'],
  faults: 'replace-oldest',
  deployment: { host: 'card-store', env: { SESSION_STORE: 'redis-attributes' }, nginx: PINNED },
  target: { claims: ['isolation', { routing: 'sticky' }, 'availability', 'evidence'] },
  must: { guarantee: 'availability', anomaly: 'DOWN' },
  mustNot: ['continuity', 'isolation', 'survival', 'evidence'],
};
