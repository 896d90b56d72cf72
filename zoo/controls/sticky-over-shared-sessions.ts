import { BY_ROUTE_COOKIE } from '../../stack/sticky.ts';
import type { Control } from '../entry.ts';

export const stickyOverSharedSessions: Control = {
  kind: 'control',
  name: 'sticky-over-shared-sessions',
  sound:
    'A sticky balancer before shared sessions. Users stay on one instance as long as it runs, and continue on another one when it is taken out or replaced.',
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
