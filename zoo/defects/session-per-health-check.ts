import type { Defect } from '../entry.ts';
import { servePlain } from '../hosts/plain/serve.ts';

export const sessionPerHealthCheck: Defect = {
  kind: 'defect',
  name: 'session-per-health-check',
  section: 'cookie-policy',
  broken:
    'The health check is behind the session middleware, which gives every request a session. Each probe of the balancer, several per second, leaves a session in the store. If these sessions live long, they fill the store, and logins fail.',
  wild: 'The app has `saveUninitialized: true`, or a framework that begins a session for each request, and handles its status page like any other page. Bots cause sessions in the same way.',
  references: [
    'expressjs/session#541',
    'grokability/snipe-it#8931',
    'divviup/divviup-api#82',
    'redis/RedisInsight#1022',
    'colinmollenhour/Cm_RedisSession#91',
  ],
  remedy:
    'Serve health checks and static files before the session middleware, and begin no session before there is data to store.',
  needs: [],
  deployment: {
    host: 'plain',
    program: new URL(import.meta.url),
  },
  target: { public: ['/status'] },
  must: { guarantee: 'cookie-policy', anomaly: 'EXPOSED' },
  // The defect may also break `continuity`, because a late response can replace the cookie that the login has set.
  mustNot: [
    'isolation',
    'instances-agree',
    'routing',
    'read-your-writes',
    'monotonic-reads',
    'rotation',
    'forgery',
    'private-responses',
    'availability',
    'evidence',
  ],
};

if (import.meta.main)
  servePlain({
    session: { saveUninitialized: true },
    onSession: () => (request, response, next) => {
      if (request.path === '/status') response.json({ ok: true });
      else next();
    },
  });
