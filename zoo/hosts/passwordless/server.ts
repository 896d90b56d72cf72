/**
 * The passwordless host of the zoo: users log in by a mailed link, or with a passkey.
 * PASSWORDLESS_DEFECT selects a defect: `link-in-memory`, `challenge-in-memory` or `keeps-session-id`.
 */
import { randomUUID } from 'node:crypto';
import {
  generateAuthenticationOptions,
  generateRegistrationOptions,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from '@simplewebauthn/server';
import express, { type Express, type Request, type RequestHandler } from 'express';
import type { Redis } from 'ioredis';
import { createTransport } from 'nodemailer';
import { issued } from '../../issued.ts';
import { requestLog } from '../plain/app.ts';
import { form, list, page } from '../plain/pages.ts';
import { serve } from '../plain/serve.ts';
import { save, sessions, signIn, signOut } from '../plain/session.ts';

declare module 'express-session' {
  interface SessionData {
    /** Key of the passkey challenge that this browser got. */
    ceremony?: string;
  }
}

const { env } = process;
const defect = env['PASSWORDLESS_DEFECT'] ?? '';
const publicUrl = new URL(env['PUBLIC_URL'] ?? 'http://127.0.0.1');
const LINK_S = 600;

/** Stores mailed links and passkey challenges for a short time. */
interface Pending {
  put(key: string, value: string): Promise<void>;
  /** Returns the value of a key and deletes it. */
  take(key: string): Promise<string | null>;
}

const inRedis = (redis: Redis): Pending => ({
  put: async (key, value) => void (await redis.set(`pending:${key}`, value, 'EX', LINK_S)),
  take: key => redis.getdel(`pending:${key}`),
});

/** The defect: keeps links and challenges in the memory of this instance. */
function inMemory(): Pending {
  const values = new Map<string, string>();
  return {
    put: async (key, value) => void values.set(key, value),
    take: async key => {
      const value = values.get(key) ?? null;
      values.delete(key);
      return value;
    },
  };
}

function passwordlessApp(redis: Redis, instance: string): Express {
  const app = express();
  app.use(requestLog(instance));
  app.get(['/healthz', '/readyz'], async (_request, response) => {
    await redis.ping();
    response.json({ ok: true });
  });
  app.use(express.urlencoded({ extended: false }), express.json());
  app.use(sessions(redis, env['SESSION_SECRET'] ?? 'keyboard cat', {}), (_request, response, next) => {
    response.set('Cache-Control', 'private, no-store');
    next();
  });
  app.use('/app', mailRoutes(redis), registrationRoutes(redis), passkeyRoutes(redis), noteRoutes(redis));
  return app;
}

async function beginSession(request: Request, user: string): Promise<void> {
  if (defect !== 'keeps-session-id') return signIn(request, user);
  request.session.user = user;
  await save(request);
}

function mailRoutes(redis: Redis): RequestHandler {
  const links = defect === 'link-in-memory' ? inMemory() : inRedis(redis);
  const mails = createTransport(env['SMTP_URL'] ?? 'smtp://127.0.0.1:1');
  const routes = express.Router();
  routes.get('/login', async (request, response) => {
    // The session begins before the login, as in a shop that remembers viewed items.
    if (defect === 'keeps-session-id') await save(request);
    response.send(page(request, 'Log in', form('/app/login', ['email'], 'Send a link')));
  });
  routes.post('/login', async (request, response) => {
    const email = String(request.body?.email);
    const token = await issued(redis, randomUUID());
    await links.put(token, email);
    const link = `${publicUrl.origin}/app/login/${token}`;
    await mails.sendMail({
      from: 'shop@example.test',
      to: email,
      subject: 'Log in',
      text: `Log in: ${link}`,
    });
    response.send(page(request, 'Look into your mailbox', ''));
  });
  routes.get('/login/:token', async (request, response) => {
    const email = await links.take(request.params.token);
    if (email === null) return void response.status(400).send(page(request, 'This link is not valid', ''));
    await beginSession(request, email);
    await issued(redis, request.sessionID);
    response.redirect(303, '/app/account');
  });
  return routes;
}

interface Credential {
  user: string;
  publicKey: string;
}

/** Challenges that browsers have not answered yet. */
class Ceremonies {
  readonly #redis: Redis;
  readonly #pending: Pending;

  constructor(redis: Redis) {
    this.#redis = redis;
    this.#pending = defect === 'challenge-in-memory' ? inMemory() : inRedis(redis);
  }

  async begin(request: Request, challenge: string, user = ''): Promise<void> {
    const key = randomUUID();
    request.session.ceremony = key;
    await save(request);
    await issued(this.#redis, challenge);
    await this.#pending.put(key, JSON.stringify({ challenge, user }));
  }

  /** Returns the challenge that this browser got, and forgets it. */
  async take(request: Request): Promise<{ challenge: string; user: string } | undefined> {
    return JSON.parse((await this.#pending.take(request.session.ceremony ?? '')) ?? 'null') ?? undefined;
  }
}

const rpID = publicUrl.hostname;

const expected = (challenge: string) => ({
  expectedChallenge: challenge,
  expectedOrigin: publicUrl.origin,
  expectedRPID: rpID,
});

/** Follows the examples of @simplewebauthn/server. */
function registrationRoutes(redis: Redis): RequestHandler {
  const ceremonies = new Ceremonies(redis);
  const routes = express.Router();
  routes.post('/passkey/register/options', async (request, response) => {
    const email = String(request.body?.email);
    const options = await generateRegistrationOptions({ rpName: 'Shop', rpID, userName: email });
    await ceremonies.begin(request, options.challenge, email);
    response.json(options);
  });
  routes.post('/passkey/register', async (request, response) => {
    const ceremony = await ceremonies.take(request);
    if (ceremony === undefined) return void response.status(400).json({ error: 'unknown challenge' });
    const { registrationInfo } = await verifyRegistrationResponse({
      response: request.body,
      ...expected(ceremony.challenge),
    });
    if (registrationInfo === undefined) return void response.status(400).json({ error: 'refused' });
    const { id, publicKey } = registrationInfo.credential;
    const stored: Credential = {
      user: ceremony.user,
      publicKey: Buffer.from(publicKey).toString('base64url'),
    };
    await redis.set(`passkey:${await issued(redis, id)}`, JSON.stringify(stored));
    response.json({ ok: true });
  });
  return routes;
}

function passkeyRoutes(redis: Redis): RequestHandler {
  const ceremonies = new Ceremonies(redis);
  const routes = express.Router();
  routes.post('/passkey/login/options', async (request, response) => {
    const options = await generateAuthenticationOptions({ rpID });
    await ceremonies.begin(request, options.challenge);
    response.json(options);
  });
  routes.post('/passkey/login', async (request, response) => {
    const ceremony = await ceremonies.take(request);
    const known = await redis.get(`passkey:${request.body?.id}`);
    if (ceremony === undefined || known === null)
      return void response.status(400).json({ error: 'unknown challenge or passkey' });
    const { user, publicKey }: Credential = JSON.parse(known);
    const { verified } = await verifyAuthenticationResponse({
      response: request.body,
      ...expected(ceremony.challenge),
      credential: { id: request.body.id, publicKey: Buffer.from(publicKey, 'base64url'), counter: 0 },
    });
    if (!verified) return void response.status(400).json({ error: 'refused' });
    await issued(redis, request.body.response.signature);
    await beginSession(request, user);
    await issued(redis, request.sessionID);
    response.json({ ok: true });
  });
  return routes;
}

function noteRoutes(redis: Redis): RequestHandler {
  const routes = express.Router();
  routes.use((request, response, next) => {
    if (request.session.user === undefined) response.redirect(303, '/app/login');
    else next();
  });
  routes.get('/account', async (request, response) => {
    const notes = await redis.lrange(`notes:${request.session.user}`, 0, -1);
    response.send(page(request, 'Notes', list(notes) + form('/app/notes', ['text'], 'Add')));
  });
  routes.post('/notes', async (request, response) => {
    await redis.rpush(`notes:${request.session.user}`, String(request.body?.text));
    response.redirect(303, '/app/account');
  });
  routes.post('/logout', async (request, response) => {
    await signOut(request, response);
    response.redirect(303, '/app/login');
  });
  return routes;
}

serve(passwordlessApp);
