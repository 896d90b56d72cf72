import { RedisStore } from 'connect-redis';
import { type RequestHandler, Router } from 'express';
import type { Defect } from '../entry.ts';
import { servePlain } from '../hosts/plain/serve.ts';
import { oldExpressSession } from '../stores/old-libraries.ts';

export const oldExpressSessionRollsForStrangers: Defect = {
  kind: 'defect',
  name: 'old-express-session-rolls-for-strangers',
  section: 'cookie-policy',
  broken:
    'With `rolling`, express-session 1.8.2 sets a session cookie in every response, also for visitors without a session, and although `saveUninitialized` is off. Each such response has a new id that no store knows. So visitors and crawlers collect useless cookies, and a late response may replace the cookie of a login.',
  wild: 'The option renews the cookies of active users. A year later, users reported that it also sets cookies for crawlers, health checks and visitors who have not agreed to cookies.',
  references: ['expressjs/session#239', 'expressjs/session PR#240'],
  remedy: 'Use express-session 1.13.0 or later, which renews only cookies of sessions that the store has.',
  needs: [],
  deployment: {
    host: 'plain',
    program: new URL(import.meta.url),
  },
  target: { public: ['/healthz', '/help'] },
  must: { guarantee: 'cookie-policy', anomaly: 'EXPOSED' },
  mustNot: ['isolation', 'routing', 'forgery', 'evidence'],
};

/** Adds SameSite=Lax to each cookie, because express-session 1.8.2 has no such option. */
const sameSite: RequestHandler = (_request, response, next) => {
  const set = response.setHeader.bind(response);
  response.setHeader = (name, value) =>
    set(
      name,
      name.toLowerCase() === 'set-cookie' ? [value].flat().map(line => `${line}; SameSite=Lax`) : value,
    );
  next();
};

if (import.meta.main)
  servePlain({
    sessions: (redis, secret) =>
      Router().use(
        sameSite,
        oldExpressSession({
          store: new RedisStore({ client: redis }),
          secret,
          rolling: true,
          resave: false,
          saveUninitialized: false,
          cookie: { httpOnly: true, path: '/' },
        }),
      ),
  });
