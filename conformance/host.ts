/** Runs a minimal app with the tested session store and express-session. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import express, { type ErrorRequestHandler, type Express, type Request } from 'express';
import session, { type Store } from 'express-session';

export interface Host {
  readonly name: string;
  readonly url: string;
  /** Resolves once the app has loaded the session of the request with this id. */
  loaded(request: string): Promise<void>;
  close(): Promise<void>;
}

export interface HostOptions {
  name: string;
  store: Store;
  /** Idle timeout of sessions, milliseconds. */
  idleMs: number;
}

/** Prefix of the names of session attributes that hold a single value. Some stores save each attribute separately. */
const VALUE = 'value:';

/** Starts the minimal app on a free port of 127.0.0.1. */
export async function startHost({ name, store, idleMs }: HostOptions): Promise<Host> {
  const loaded = new Map<string, PromiseWithResolvers<void>>();
  const waitFor = (request: string) => {
    const known = loaded.get(request) ?? Promise.withResolvers<void>();
    loaded.set(request, known);
    return known;
  };
  const server = createServer(app(store, idleMs, request => waitFor(request).resolve()));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    name,
    url: `http://127.0.0.1:${port}`,
    loaded: request => waitFor(request).promise,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function app(store: Store, idleMs: number, loaded: (request: string) => void): Express {
  const sessions = session({
    store,
    secret: 'only-this-process-knows-it',
    resave: false,
    saveUninitialized: false,
    cookie: { maxAge: idleMs },
  });
  return express()
    .use(express.json(), sessions)
    .post('/login', async (request, response) => {
      await done(callback => request.session.regenerate(callback));
      attributesOf(request)['user'] = request.body.user;
      await done(callback => request.session.save(callback));
      response.json({});
    })
    .use((request, response, next) => {
      loaded(request.get('x-request-id') ?? '');
      if (attributesOf(request)['user'] === undefined) response.status(401).json({});
      else next();
    })
    .get('/values', (request, response) => {
      response.json({ user: attributesOf(request)['user'], values: valuesOf(request) });
    })
    .post('/values', async (request, response) => {
      const { value, workMs } = request.body;
      await sleep(workMs);
      attributesOf(request)[`${VALUE}${value}`] = true;
      // Renews the expiry. Without `touch`, express-session would save the expiry from the login.
      request.session.touch();
      await done(callback => request.session.save(callback));
      response.status(201).json({});
    })
    .post('/logout', async (request, response) => {
      await done(callback => request.session.destroy(callback));
      response.json({});
    })
    .use(failed);
}

/**
 * Returns the session as a record. Does not extend the type `SessionData`, because this would change the types in
 * users' programs.
 */
function attributesOf({ session }: Request): Record<string, unknown> {
  return session as unknown as Record<string, unknown>;
}

function valuesOf({ session }: Request): string[] {
  return Object.keys(session)
    .filter(name => name.startsWith(VALUE))
    .map(name => name.slice(VALUE.length));
}

/** Responds with 503 if the store fails. express-session must not save the session after such a response. */
const failed: ErrorRequestHandler = (error: unknown, request, response, next) => {
  Reflect.deleteProperty(request, 'session');
  if (response.headersSent) return next(error);
  response.status(503).json({ error: error instanceof Error ? error.message : String(error) });
};

function done(start: (callback: (error?: unknown) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    start(error => (error ? reject(error) : resolve()));
  });
}
