import { SessionGoneError } from '../../app/stores/errors.ts';
import { RedisAttributesStore } from '../../app/stores/redis-attributes.ts';
import { servePlain } from '../hosts/plain/serve.ts';

servePlain({
  store: redis => new RedisAttributesStore({ client: redis }),
  onError(error, request, response, next) {
    if (!(error instanceof SessionGoneError)) return next(error);
    // The logout came first: the late request is one without a session, and nothing is saved behind its answer.
    Reflect.deleteProperty(request, 'session');
    response.redirect(303, '/app/login');
  },
});
