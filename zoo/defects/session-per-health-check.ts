import type { Defect } from '../entry.ts';

export const sessionPerHealthCheck: Defect = {
  kind: 'defect',
  name: 'session-per-health-check',
  section: 'cookie-policy',
  broken:
    'The health check is behind the session middleware, which gives everybody a session: each probe of the balancer, of which there are several a second, leaves one in the store.',
  wild: '`saveUninitialized: true`, or a framework that begins a session for each request, and a status page that is a page like any other. Bots do the same.',
  references: [
    'expressjs/session#541',
    'grokability/snipe-it#8931',
    'divviup/divviup-api#82',
    'redis/RedisInsight#1022',
    'colinmollenhour/Cm_RedisSession#91',
  ],
  remedy:
    'Answer health checks and static files before the session middleware, and begin no session before there is something to remember.',
  needs: [],
  deployment: {
    host: 'plain',
    program: new URL('./session-per-health-check.server.ts', import.meta.url),
  },
  target: { public: ['/status'] },
  must: { guarantee: 'cookie-policy', anomaly: 'EXPOSED' },
  // Not continuity: who gets a session with any answer may lose the login to one that comes after it.
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
