import { SessionGoneError } from '../../app/stores/errors.ts';
import { RedisAttributesStore } from '../../app/stores/redis-attributes.ts';
import type { Control } from '../entry.ts';
import { servePlain } from '../hosts/plain/serve.ts';

export const plainDoneRight: Control = {
  kind: 'control',
  name: 'plain-done-right',
  sound:
    'The plain host with a store that never restores a deleted session. It responds only after the save, gives the session a new id at login, and destroys it at logout. Its cart is one value, so it does not claim that parallel additions are kept.',
  deployment: {
    host: 'plain',
    program: new URL(import.meta.url),
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

if (import.meta.main)
  servePlain({
    store: redis => new RedisAttributesStore({ client: redis }),
    onError(error, request, response, next) {
      if (!(error instanceof SessionGoneError)) return next(error);
      // The user has logged out during this request, so express-session must not save the session again.
      Reflect.deleteProperty(request, 'session');
      response.redirect(303, '/app/login');
    },
  });
