/** The token host of the zoo: a JSON API with short-lived access tokens and with refresh tokens. */
import { randomUUID } from 'node:crypto';
import express, { type Express, type Request, type RequestHandler } from 'express';
import type { Redis } from 'ioredis';
import { type JWTPayload, jwtVerify, SignJWT } from 'jose';
import { issued } from '../../issued.ts';
import { requestLog } from '../plain/app.ts';
import { authenticate } from '../plain/users.ts';
import type { Design } from './designs.ts';

const KEY = new TextEncoder().encode('a key of 32 bytes for HMAC SHA-256');
/** Lifetime of an access token, seconds. */
const LIFETIME = 4;

export function tokenApp(redis: Redis, instance: string, design: Design): Express {
  const app = express();
  app.use(requestLog(instance));
  app.get(['/healthz', '/readyz'], async (_request, response) => {
    await redis.ping();
    response.json({ ok: true });
  });
  app.use(express.json(), (_request, response, next) => {
    response.set('Cache-Control', 'no-store');
    next();
  });
  app.post('/auth/login', async ({ body }, response) => {
    const { email, password } = body ?? {};
    if (!authenticate(email, password)) return response.status(401).json({ error: 'wrong password' });
    response.json(await pair(redis, email, await design.begin(email)));
  });
  app.post('/auth/refresh', async ({ body }, response) => {
    const renewed = await design.renew(String(body?.refresh_token));
    if (renewed === undefined) return response.status(400).json({ error: 'invalid_grant' });
    response.json(await pair(redis, renewed.user, renewed));
  });
  const entered = signedIn(design);
  app.post('/auth/logout', entered, async (_request, response) => {
    await design.end(response.locals['claims'].session, response.locals['claims'].jti);
    response.json({ ok: true });
  });
  app.get('/me', entered, (_request, response) => {
    response.json({ user: response.locals['claims'].sub });
  });
  app.get('/notes', entered, async (_request, response) => {
    const user: string = response.locals['claims'].sub;
    response.json({ user, notes: await redis.lrange(`notes:${user}`, 0, -1) });
  });
  app.post('/notes', entered, async ({ body }, response) => {
    await redis.rpush(`notes:${response.locals['claims'].sub}`, String(body?.text));
    response.status(201).json({ ok: true });
  });
  return app;
}

async function pair(
  redis: Redis,
  user: string,
  { session, refresh }: { session: string; refresh?: string | undefined },
): Promise<object> {
  const access = await new SignJWT({ session })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(user)
    .setJti(randomUUID())
    .setIssuedAt()
    .setExpirationTime(`${LIFETIME}s`)
    .sign(KEY);
  return {
    access_token: await issued(redis, access),
    expires_in: LIFETIME,
    ...(refresh === undefined ? {} : { refresh_token: await issued(redis, refresh) }),
  };
}

function signedIn(design: Design): RequestHandler {
  return async (request, response, next) => {
    const claims = await claimsOf(request, design);
    if (claims === undefined || !(await design.allows(String(claims['session']), String(claims.jti))))
      return response.status(401).json({ error: 'invalid_token' });
    response.locals['claims'] = claims;
    next();
  };
}

async function claimsOf(
  request: Request,
  { forgetsExpiry = false }: Design,
): Promise<JWTPayload | undefined> {
  const token = /^Bearer (.+)/.exec(request.get('authorization') ?? '')?.[1] ?? '';
  try {
    return (await jwtVerify(token, KEY, forgetsExpiry ? { clockTolerance: '1 day' } : {})).payload;
  } catch {
    return undefined;
  }
}
