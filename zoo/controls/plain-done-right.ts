import type { Control } from '../entry.ts';

export const plainDoneRight: Control = {
  kind: 'control',
  name: 'plain-done-right',
  sound:
    'The plain host with a store that never brings a session back, an answer only after the save, a new id at login, and a session that is destroyed at logout. Its cart is one value, so parallel additions are not claimed.',
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
