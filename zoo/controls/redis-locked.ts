import type { Control } from '../entry.ts';

export const redisLocked: Control = {
  kind: 'control',
  name: 'redis-locked',
  sound:
    'The app handles one request of a session at a time. Other requests wait for the lock, and are refused if the wait is too long. No request continues without the lock.',
  deployment: { host: 'card-store', env: { SESSION_STORE: 'redis-locked' } },
};
