/** For balancers and orchestrators. */
import { Router } from 'express';
import type { Redis } from 'ioredis';
import type { Lifecycle } from '../lifecycle.ts';

/** GET /healthz: the process runs. GET /readyz: send traffic here. */
export function healthRoutes({ redis, lifecycle }: { redis: Redis; lifecycle: Lifecycle }): Router {
  const router = Router();
  router.get('/healthz', (_request, response) => {
    response.json({ alive: true });
  });
  router.get('/readyz', async (_request, response) => {
    const reason = await unreadiness(redis, lifecycle);
    response.status(reason ? 503 : 200).json({ ready: !reason, ...(reason && { reason }) });
  });
  return router;
}

async function unreadiness(redis: Redis, lifecycle: Lifecycle): Promise<string | undefined> {
  if (lifecycle.draining) return 'draining';
  try {
    await redis.ping();
  } catch {
    return 'Redis does not answer';
  }
  return lifecycle.prepared ? undefined : 'still starting';
}
