/** Builds the web shop (the card store) as an Express app, without opening a port. */
import { join } from 'node:path';
import express, { type Express, type RequestHandler } from 'express';
import type { Store } from 'express-session';
import type { Logger } from 'pino';
import { Activation } from './activation.ts';
import type { Backing } from './backing.ts';
import { createBaskets } from './baskets.ts';
import type { Config } from './config.ts';
import { type CsrfProtection, createCsrf } from './csrf.ts';
import { Cards } from './data/cards.ts';
import type { Users } from './data/users.ts';
import { notCached, safetyHeaders } from './headers.ts';
import type { Lifecycle } from './lifecycle.ts';
import { noteIdentity, requestLog } from './log.ts';
import { NO_LIMITS, SharedLoginLimits } from './login-limits.ts';
import type { Mailer } from './mail.ts';
import type { Pictures } from './pictures.ts';
import { nothingHere, problems } from './problem.ts';
import { activationRoutes } from './routes/activation.ts';
import { authRoutes } from './routes/auth.ts';
import { basketRoutes } from './routes/basket.ts';
import { cardRoutes } from './routes/cards.ts';
import { pageRoutes } from './routes/dashboard.ts';
import { healthRoutes } from './routes/health.ts';
import { pictureRoutes } from './routes/pictures.ts';
import { createLabels, type Labels } from './secrets.ts';
import { sessions, signedInUser } from './session.ts';

export interface Deps {
  readonly config: Config;
  readonly backing: Backing;
  readonly store: Store;
  readonly users: Users;
  readonly log: Logger;
  readonly lifecycle: Lifecycle;
  /** Charges the user for a checkout. Resolves once the payment is confirmed. */
  readonly pay: () => Promise<void>;
  /** Sends activation mails. Absent if new accounts are active at once. */
  readonly mailer?: Mailer | undefined;
  /** Stores pictures. Absent if cards have no pictures. */
  readonly pictures?: Pictures | undefined;
  /**
   * CSRF check. By default, all instances accept each other's form tokens. Some deployments of zoo/ replace the
   * check.
   */
  readonly csrf?: CsrfProtection;
  readonly onSession?: RequestHandler;
}

/** Returns the web shop's Express app. Instances share only their servers, such as Redis, and their secrets. */
export function createApp(deps: Deps): Express {
  const { config, backing, lifecycle, log, mailer, pictures, users } = deps;
  const labels = createLabels(config.secrets);
  const csrf = deps.csrf ?? createCsrf(config.secrets);
  const cards = new Cards(backing.redis, pictures && config.bucketUrl);
  const baskets = createBaskets(config, backing);
  const limits = config.loginLimits ? new SharedLoginLimits(backing.redis) : NO_LIMITS;
  const activation = mailer && new Activation(users, mailer, config);
  const app = express();
  app.set('trust proxy', config.trustProxy);
  if (config.alwaysSecure) countAsHttps(app);
  app.disable('x-powered-by');
  app.disable('etag');
  app.use(lifecycle.leaveToOthers, requestLog(log, config), lifecycle.track);
  app.use(safetyHeaders(pictures ? [new URL(config.bucketUrl).origin] : []));
  // Files and health checks must work without the session store, so their routes come before the session. Only paths
  // that look like files are looked up on the disk.
  app.get(/^\/[\w-]+\.(css|svg)$/, express.static(join(import.meta.dirname, 'public'), { maxAge: '5m' }));
  app.use(notCached, healthRoutes({ backing, lifecycle }));
  // Parses the body before the session is loaded: during a slow upload, a loaded session would become stale.
  app.use(express.urlencoded({ extended: false, limit: '64kb' }), express.json({ limit: '64kb' }));
  app.use(sessions(deps.store, config.secrets, config));
  if (deps.onSession) app.use(deps.onSession);
  app.use(noteSession(labels), csrf.prepare);
  app.use(
    pageRoutes({ users, cards, baskets, pictures }),
    authRoutes({ users, csrf, limits, labels, activation }),
  );
  if (activation) app.use('/activation', activationRoutes({ activation, csrf, limits }));
  app.use('/basket', basketRoutes({ baskets, cards, csrf, pay: deps.pay }));
  if (pictures) app.use('/cards', pictureRoutes({ cards, csrf, pictures }));
  app.use('/cards', cardRoutes({ cards, csrf }));
  app.use(nothingHere, problems(log));
  return app;
}

function noteSession(labels: Labels): RequestHandler {
  return (request, response, next) => {
    const user = signedInUser(request);
    if (user !== undefined) noteIdentity(response, labels, request.sessionID, user);
    next();
  };
}

/** Counts every request as https. Session cookie, form token and HSTS depend on the protocol. */
function countAsHttps(app: Express): void {
  Object.defineProperty(app.request, 'protocol', { configurable: true, get: () => 'https' });
}
