/** The plain host of the zoo, an Express app as in tutorials. Many deployments change one part of it. */
import cookieParser from 'cookie-parser';
import express, { type Express, type RequestHandler } from 'express';
import type { Redis } from 'ioredis';
import { accountRoutes } from './account-routes.ts';
import { cartRoutes, noteRoutes, wishRoutes } from './data-routes.ts';
import { page } from './pages.ts';
import type { PlainParts } from './parts.ts';
import { sessions } from './session.ts';

export interface PlainOptions {
  readonly redis: Redis;
  readonly instance: string;
  readonly secret: string;
  readonly trustProxy: boolean;
  readonly workMs: number;
  readonly parts: PlainParts;
}

export function plainApp(options: PlainOptions): Express {
  const { redis, instance, secret, trustProxy, parts } = options;
  const app = express();
  app.set('trust proxy', trustProxy);
  app.use(requestLog(instance));
  app.get(['/healthz', '/readyz'], async (_request, response) => {
    await redis.ping();
    response.json({ ok: true });
  });
  app.use(express.urlencoded({ extended: false }), cookieParser());
  if (parts.beforeSession) app.use(parts.beforeSession(redis));
  app.use(parts.sessions?.(redis, secret) ?? sessions(redis, secret, parts));
  if (parts.onSession) app.use(parts.onSession(redis));
  app.get('/', (request, response) => {
    response.send(page(request, 'A plain shop', '<p>It sells things.</p>'));
  });
  app.get('/help', (request, response) => {
    response.send(page(request, 'Help', '<p>Sign in, and put things into your cart.</p>'));
  });
  const routes = [accountRoutes, cartRoutes, wishRoutes, noteRoutes];
  app.use('/app', privately, ...routes.map(routesOf => routesOf(options)));
  if (parts.onError) app.use(parts.onError);
  return app;
}

/** Forbids shared caches to store a user's pages. */
const privately: RequestHandler = (_request, response, next) => {
  response.set('Cache-Control', 'private, no-store');
  next();
};

/** Returns a middleware that names the instance in each response, and logs each request as a JSON line. */
export function requestLog(instance: string): RequestHandler {
  return (request, response, next) => {
    response.set('X-Instance-Id', instance);
    const { method, path } = request;
    response.once('close', () => {
      const line = { event: 'request', request: request.get('x-request-id'), instance, method, path };
      console.log(JSON.stringify({ ...line, status: response.statusCode }));
    });
    next();
  };
}
