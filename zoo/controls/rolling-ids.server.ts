import { SessionGoneError } from '../../app/stores/errors.ts';
import { RedisAttributesStore } from '../../app/stores/redis-attributes.ts';
import { servePlain } from '../hosts/plain/serve.ts';

servePlain({
  session: { rolling: true },
  store: redis => new RedisAttributesStore({ client: redis }),
  onError(error, request, response, next) {
    if (!(error instanceof SessionGoneError)) return next(error);
    Reflect.deleteProperty(request, 'session');
    response.redirect(303, '/app/login');
  },
});
