import { BY_ROUTE_COOKIE } from '../../stack/route-cookie.ts';
import type { Control } from '../entry.ts';

export const stickyOverSharedSessions: Control = {
  kind: 'control',
  name: 'sticky-over-shared-sessions',
  sound:
    'A sticky balancer before shared sessions: users stay where they are as long as that instance is there, and go on elsewhere when it is taken out or replaced.',
  faults: 'instance-out,replace-oldest',
  deployment: {
    host: 'card-store',
    env: { SESSION_STORE: 'redis-attributes' },
    nginx: BY_ROUTE_COOKIE,
  },
  target: {
    claims: ['continuity', 'isolation', { routing: 'sticky' }, 'availability', 'evidence'],
  },
};
