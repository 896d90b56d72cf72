import type { Defect } from '../entry.ts';
import { servePlain } from '../hosts/plain/serve.ts';
import { save } from '../hosts/plain/session.ts';

export const renewalDropsConcurrentRequests: Defect = {
  kind: 'defect',
  name: 'renewal-drops-concurrent-requests',
  section: 'continuity',
  broken:
    'A session gets a new id every 2 s, and the old id is deleted at once. A request that overlaps the renewal still has the old id: it is signed out, and so may be the browser after it.',
  wild: 'Periodic renewal is recommended against stolen cookies. A page that sends several requests at once loses its session now and then, and only on busy pages.',
  references: ['expressjs/session#923', 'bcit-ci/CodeIgniter#4672', 'cypht-org/cypht#30'],
  remedy: 'Accept the old id for some seconds after the renewal, and let only one request renew.',
  needs: ['overlap', 'time'],
  deployment: {
    host: 'plain',
    program: new URL(import.meta.url),
  },
  must: { guarantee: 'continuity', anomaly: 'LOSS' },
  mustNot: ['isolation', 'routing', 'forgery', 'evidence'],
};

/** Age at which a session gets a new id, milliseconds. */
const RENEW_MS = 2_000;

declare module 'express-session' {
  interface SessionData {
    /** Time at which the session got its id, milliseconds since 1970. */
    renewed?: number;
  }
}

if (import.meta.main)
  servePlain({
    onSession: () => async (request, _response, next) => {
      const { cookie: _, ...data } = request.session;
      if (data.user === undefined || Date.now() - (data.renewed ?? 0) < RENEW_MS) return next();
      if (data.renewed !== undefined) {
        // The defect: `regenerate` deletes the old id at once, although requests in flight still use it.
        const { user, cart, wishes, visits } = data;
        await new Promise<void>((resolve, reject) =>
          request.session.regenerate(error => (error ? reject(error) : resolve())),
        );
        Object.assign(request.session, { user, cart, wishes, visits });
      }
      request.session.renewed = Date.now();
      await save(request);
      next();
    },
  });
