import { BY_ROUTE_COOKIE } from '../../stack/route-cookie.ts';
import type { Defect } from '../entry.ts';

export const affinityHidesLocalSessions: Defect = {
  kind: 'defect',
  name: 'affinity-hides-local-sessions',
  section: 'survival',
  broken:
    'Sessions are in the memory of each instance, and the balancer keeps users where they began. All seems well until an instance joins or leaves: then users land elsewhere, and nobody knows them there.',
  wild: 'Stickiness in place of shared sessions; by a hash of what is in the request, which spreads anew whenever the set of instances changes.',
  references: [
    'kubernetes/ingress-nginx PR#4482',
    'kubernetes/ingress-nginx#3089',
    'kubernetes/ingress-nginx#7960',
    'traefik/traefik#9728',
    'spring-projects/spring-session#1435',
  ],
  remedy: 'Share the sessions; stickiness may then stay for its speed, and its loss costs nothing.',
  needs: ['fault'],
  faults: 'replace-oldest',
  deployment: { host: 'card-store', env: { SESSION_STORE: 'memory' }, nginx: BY_ROUTE_COOKIE },
  target: { claims: ['isolation', { routing: 'sticky' }, 'survival', 'evidence'] },
  must: { guarantee: 'survival', anomaly: 'GONE' },
  mustNot: ['isolation', 'evidence'],
};
