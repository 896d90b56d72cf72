import { RedisStore } from 'connect-redis';
import { servePlain } from '../hosts/plain/serve.ts';

const IDLE_S = 4;

servePlain({
  session: { rolling: true, cookie: { httpOnly: true, sameSite: 'lax', maxAge: IDLE_S * 1_000 } },
  store: redis => new RedisStore({ client: redis, ttl: () => 10 * IDLE_S }),
});
