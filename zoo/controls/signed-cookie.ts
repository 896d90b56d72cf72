import type { Control } from '../entry.ts';

export const signedCookie: Control = {
  kind: 'control',
  name: 'signed-cookie',
  sound:
    'The session is in its cookie, encrypted and bounded, and any instance can read it. What such a session cannot keep is not claimed: a copy of the cookie outlives the logout, and of answers that overlap the last one wins.',
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
