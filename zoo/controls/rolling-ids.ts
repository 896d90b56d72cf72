import { SessionGoneError } from '../../app/stores/errors.ts';
import { RedisAttributesStore } from '../../app/stores/redis-attributes.ts';
import type { Control } from '../entry.ts';
import { servePlain } from '../hosts/plain/serve.ts';
import { plainDoneRight } from './plain-done-right.ts';

export const rollingIds: Control = {
  kind: 'control',
  name: 'rolling-ids',
  sound:
    'Each response sets the session cookie again, as express-session does with `rolling: true`. The cookie carries only an id: a late response may sign the next user out of the browser, and never signs the old user in.',
  deployment: {
    host: 'plain',
    program: new URL(import.meta.url),
  },
  target: { ...plainDoneRight.target },
};

if (import.meta.main)
  servePlain({
    session: { rolling: true },
    store: redis => new RedisAttributesStore({ client: redis }),
    onError(error, request, response, next) {
      if (!(error instanceof SessionGoneError)) return next(error);
      Reflect.deleteProperty(request, 'session');
      response.redirect(303, '/app/login');
    },
  });
