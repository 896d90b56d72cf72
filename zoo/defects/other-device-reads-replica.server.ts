import { Redis } from 'ioredis';
import { RedisAttributesStore } from '../../app/stores/redis-attributes.ts';
import { servePlain } from '../hosts/plain/serve.ts';
import { save } from '../hosts/plain/session.ts';

declare module 'express-session' {
  interface SessionData {
    /** Time of the session's last write, milliseconds since 1970. */
    wroteAt?: number;
  }
}

const replica = new Redis(process.env['REPLICA_URL'] ?? '');
const STAY_MS = 2_000;

servePlain({
  store: redis => new RedisAttributesStore({ client: redis }),
  onSession: () => async (request, _response, next) => {
    if (request.method === 'POST' && request.session.user) {
      request.session.wroteAt = Date.now();
      await save(request);
    }
    next();
  },
  readNotes(request, primary) {
    const { wroteAt = 0 } = request.session;
    return Date.now() - wroteAt < STAY_MS ? primary : replica;
  },
});
