import { BY_ROUTE_COOKIE } from '../../stack/sticky.ts';
import type { Defect } from '../entry.ts';

export const affinityHidesLocalSessions: Defect = {
  kind: 'defect',
  name: 'affinity-hides-local-sessions',
  section: 'survival',
  broken:
    'Sessions are in the memory of each instance, and the balancer pins each user to one instance. All works until an instance joins or leaves. Then users reach another instance, which does not have their sessions.',
  wild: 'Teams use stickiness instead of shared sessions. Often it is a hash of the request, which routes users differently whenever the set of instances changes.',
  references: [
    'kubernetes/ingress-nginx PR#4482',
    'kubernetes/ingress-nginx#3089',
    'kubernetes/ingress-nginx#7960',
    'traefik/traefik#9728',
    'spring-projects/spring-session#1435',
  ],
  remedy:
    'Share the sessions. You may then keep stickiness for speed: a user who is routed to another instance stays signed in.',
  needs: ['fault'],
  faults: 'replace-oldest',
  deployment: { host: 'card-store', env: { SESSION_STORE: 'memory' }, nginx: BY_ROUTE_COOKIE },
  target: { claims: ['isolation', { routing: 'sticky' }, 'survival', 'evidence'] },
  must: { guarantee: 'survival', anomaly: 'GONE' },
  mustNot: ['isolation', 'evidence'],
};
