import type { Control } from '../entry.ts';

export const cardStoreWithShortTimeouts: Control = {
  kind: 'control',
  name: 'card-store-with-short-timeouts',
  sound:
    'Sessions expire after 4 seconds without a request, and 9 seconds after the login. Only the store ends them: the cookie has no expiry of its own, and every instance renews the same time to live.',
  deployment: {
    host: 'card-store',
    env: {
      SESSION_STORE: 'redis-attributes',
      SESSION_IDLE_SECONDS: '4',
      SESSION_ABSOLUTE_SECONDS: '9',
    },
  },
  target: {
    expiry: { idle: '4s', absolute: '9s', renew: 'each' },
    claims: ['continuity', 'isolation', 'instances-agree', { routing: 'spread' }, 'expiry', 'evidence'],
  },
};
