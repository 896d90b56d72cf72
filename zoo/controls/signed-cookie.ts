import type { Control } from '../entry.ts';

export const signedCookie: Control = {
  kind: 'control',
  name: 'signed-cookie',
  sound:
    'The session is in its cookie, encrypted and limited in size, and any instance can read it. It does not claim what such a session cannot guarantee: a copy of the cookie survives the logout, and the last of several overlapping responses wins.',
  deployment: { host: 'card-store', env: { SESSION_STORE: 'cookie' } },
  target: {
    claims: [
      'continuity',
      'isolation',
      'instances-agree',
      { routing: 'spread' },
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
