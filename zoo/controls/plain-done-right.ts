import type { Control } from '../entry.ts';

export const plainDoneRight: Control = {
  kind: 'control',
  name: 'plain-done-right',
  sound:
    'The plain host with a store that never restores a deleted session. It responds only after the save, gives the session a new id at login, and destroys it at logout. Its cart is one value, so it does not claim that parallel additions are kept.',
  deployment: {
    host: 'plain',
    program: new URL('./plain-done-right.server.ts', import.meta.url),
  },
  target: {
    claims: [
      'continuity',
      'isolation',
      'instances-agree',
      { routing: 'spread' },
      'read-your-writes',
      'monotonic-reads',
      'logout-final',
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
