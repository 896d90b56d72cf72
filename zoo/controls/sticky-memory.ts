import { BY_ROUTE_COOKIE } from '../../stack/sticky.ts';
import type { Control } from '../entry.ts';

export const stickyMemory: Control = {
  kind: 'control',
  name: 'sticky-memory',
  sound:
    'Sessions are in the memory of each instance. The balancer always routes a visitor to the same instance, by its own cookie, which it sets before the login.',
  deployment: { host: 'card-store', env: { SESSION_STORE: 'memory' }, nginx: BY_ROUTE_COOKIE },
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
