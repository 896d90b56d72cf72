import { Router } from 'express';
import type { Backing } from '../backing.ts';
import type { Lifecycle } from '../lifecycle.ts';

/** Serves GET /healthz (200: the process runs) and GET /readyz (200: the instance can serve users). */
export function healthRoutes({ backing, lifecycle }: { backing: Backing; lifecycle: Lifecycle }): Router {
  const router = Router();
  router.get('/healthz', (_request, response) => {
    response.json({ alive: true });
  });
  router.get('/readyz', async (_request, response) => {
    const reason = await unreadiness(backing, lifecycle);
    response.status(reason ? 503 : 200).json({ ready: !reason, ...(reason && { reason }) });
  });
  return router;
}

async function unreadiness(backing: Backing, lifecycle: Lifecycle): Promise<string | undefined> {
  if (lifecycle.draining) return 'draining';
  const unresponsive = await backing.unresponsive();
  if (unresponsive !== undefined) return `${unresponsive} does not respond`;
  return lifecycle.prepared ? undefined : 'still starting';
}
