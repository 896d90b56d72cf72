import type { RequestHandler } from 'express';
import type { Redis } from 'ioredis';
import { RedisAttributesStore } from '../../app/stores/redis-attributes.ts';
import { servePlain } from '../hosts/plain/serve.ts';

/** The interval in which a restarted instance fails requests: from and to, milliseconds since its start. */
const COLD_MS = [1_000, 1_500] as const;

/** Fails requests during `COLD_MS` after each start except the first. */
function warmingUp(redis: Redis): RequestHandler {
  const again = redis.incr(`starts:${process.env['INSTANCE_ID']}`).then(starts => starts > 1);
  return async (request, response, next) => {
    const up = process.uptime() * 1000;
    const cold = up >= COLD_MS[0] && up < COLD_MS[1] && request.path.startsWith('/app/');
    if (cold && (await again)) response.status(500).send('still warming up');
    else next();
  };
}

servePlain({ store: redis => new RedisAttributesStore({ client: redis }), beforeSession: warmingUp });
