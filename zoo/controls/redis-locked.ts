import type { Control } from '../entry.ts';

export const redisLocked: Control = {
  kind: 'control',
  name: 'redis-locked',
  sound:
    'One request of a session at a time: who comes meanwhile waits for the lock, and is refused when that takes too long. Nothing is ever done without it.',
  deployment: { host: 'card-store', env: { SESSION_STORE: 'redis-locked' } },
};
