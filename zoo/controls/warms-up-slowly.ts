import type { RequestHandler } from 'express';
import type { Redis } from 'ioredis';
import { RedisAttributesStore } from '../../app/stores/redis-attributes.ts';
import { UNDER_FAULTS } from '../claims.ts';
import type { Control } from '../entry.ts';
import { servePlain } from '../hosts/plain/serve.ts';

export const warmsUpSlowly: Control = {
  kind: 'control',
  name: 'warms-up-slowly',
  sound:
    'An instance that is killed and started again fails requests while it warms up: for half a second, beginning one second after its start. The recovery time that the target declares for this fault covers this half second. The recovery time for other faults does not.',
  faults: 'kill',
  deployment: {
    host: 'plain',
    program: new URL(import.meta.url),
  },
  target: {
    budgets: { recovery: '100ms', faults: { kill: { recovery: '5s' } } },
    claims: UNDER_FAULTS,
  },
};

/** A restarted instance fails requests between these two times after its start, milliseconds. */
const COLD_MS = [1_000, 1_500] as const;

function warmingUp(redis: Redis): RequestHandler {
  const again = redis.incr(`starts:${process.env['INSTANCE_ID']}`).then(starts => starts > 1);
  return async (request, response, next) => {
    const up = process.uptime() * 1000;
    const cold = up >= COLD_MS[0] && up < COLD_MS[1] && request.path.startsWith('/app/');
    if (cold && (await again)) response.status(500).send('still warming up');
    else next();
  };
}

if (import.meta.main)
  servePlain({ store: redis => new RedisAttributesStore({ client: redis }), beforeSession: warmingUp });
