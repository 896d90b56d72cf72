/**
 * A relying party of OpenID Connect, like the examples of openid-client: sessions in Redis, code flow with PKCE.
 * RELYING_PARTY_DEFECT selects a defect.
 */
import { createHash } from 'node:crypto';
import { RedisStore } from 'connect-redis';
import cookieParser from 'cookie-parser';
import express, { type Request, type RequestHandler, type Response } from 'express';
import session from 'express-session';
import { Redis } from 'ioredis';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import * as oidc from 'openid-client';
import { issued } from '../../issued.ts';

declare module 'express-session' {
  interface SessionData {
    /** A login that waits for the identity provider's response. */
    flow?: Flow | undefined;
    /** The signed-in user, and the token for a logout at the identity provider. */
    login?: { user: string; idToken: string };
  }
}

interface Flow {
  state: string;
  verifier: string;
}

const { env } = process;
const defect = env['RELYING_PARTY_DEFECT'] ?? '';
const publicUrl = env['PUBLIC_URL'] ?? '';
const instance = env['INSTANCE_ID'] ?? '';
const redis = new Redis(env['REDIS_URL'] ?? '');
const issuer = new URL(env['OIDC_ISSUER'] ?? '');
const clientId = env['OIDC_CLIENT'] ?? '';

const config = await oidc.discovery(
  issuer,
  clientId,
  { client_secret: env['OIDC_SECRET'] ?? '', id_token_signed_response_alg: 'ES256' },
  undefined,
  { execute: [oidc.allowInsecureRequests] },
);
const keys = createRemoteJWKSet(new URL(config.serverMetadata().jwks_uri ?? ''));

/** Pending logins by their state. With the defect `state-in-memory`, no other instance knows them. */
const begun = new Map<string, Flow>();
/** Sessions by the provider's session id. With the defect `backchannel-reaches-one`, no other instance knows them. */
const own = new Map<string, string>();
const sidKey = (sid: string): string => `sid:${sid}`;

const app = express();
app.set('trust proxy', true);
app.use((request, response, next) => {
  response.set({ 'X-Instance-Id': instance, 'Cache-Control': 'private, no-store' });
  const { method, path } = request;
  response.once('close', () => {
    const line = { event: 'request', request: request.get('x-request-id'), instance, method, path };
    console.log(JSON.stringify({ ...line, status: response.statusCode }));
  });
  next();
});
app.get(['/healthz', '/readyz'], async (_request, response) => {
  await redis.ping();
  response.json({ ok: true });
});
app.use(express.urlencoded({ extended: false }), cookieParser());
const store = new RedisStore({ client: redis });
app.use(
  session({
    store,
    secret: env['SESSION_SECRET'] ?? '',
    resave: false,
    saveUninitialized: false,
    cookie: { httpOnly: true, sameSite: 'lax' },
  }),
);

const page = (user: string | undefined, inside: string): string => `<!doctype html><title>Notes</title>
${user === undefined ? '<a href="/login">Log in</a>' : `<p>Signed in: <b data-user="${user}">${user}</b></p>`}
${inside}`;

const saved = (act: (done: (error?: unknown) => void) => void): Promise<void> =>
  new Promise((resolve, reject) => act(error => (error ? reject(error) : resolve())));

app.get('/', (request, response) => {
  response.send(page(request.session.login?.user, ''));
});

app.get('/login', async (request, response) => {
  const [state, nonce] = [oidc.randomState(), oidc.randomNonce()];
  const verifier = oidc.randomPKCECodeVerifier();
  for (const secret of [state, nonce, verifier]) await issued(redis, secret);
  if (defect === 'state-in-memory') begun.set(state, { state, verifier });
  request.session.flow = { state, verifier };
  const sameSite = defect === 'strict-nonce' ? 'strict' : 'lax';
  response.cookie('nonce', nonce, { httpOnly: true, sameSite, path: '/callback', maxAge: 600_000 });
  await saved(done => request.session.save(done));
  const to = oidc.buildAuthorizationUrl(config, {
    redirect_uri: `${publicUrl}/callback`,
    scope: 'openid',
    state,
    // The nonce itself is only in the browser's cookie. Without this cookie, a stolen authorization code is useless.
    nonce: hash(nonce),
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
  });
  response.redirect(303, to.href);
});

const hash = (text: string): string => createHash('sha256').update(text).digest('base64url');

app.get('/callback', async (request, response) => {
  const flow =
    defect === 'state-in-memory' ? begun.get(String(request.query['state'])) : request.session.flow;
  const nonce = String(request.cookies['nonce'] ?? '');
  if (flow === undefined) return void response.status(400).send(page(undefined, 'Unknown state'));
  if (nonce === '') return void response.status(400).send(page(undefined, 'Cookie missing'));
  let tokens: Awaited<ReturnType<typeof oidc.authorizationCodeGrant>>;
  try {
    tokens = await oidc.authorizationCodeGrant(config, new URL(request.originalUrl, publicUrl), {
      expectedState: flow.state,
      expectedNonce: hash(nonce),
      pkceCodeVerifier: flow.verifier,
    });
  } catch (error) {
    console.log(JSON.stringify({ event: 'login refused', instance, reason: String(error) }));
    return void response.status(400).send(page(undefined, 'Login refused'));
  }
  const claims = tokens.claims();
  await saved(done => request.session.regenerate(done));
  request.session.login = { user: claims?.sub ?? '', idToken: tokens.id_token ?? '' };
  await issued(redis, request.sessionID);
  const sid = String(claims?.['sid']);
  if (defect === 'backchannel-reaches-one') own.set(sid, request.sessionID);
  else await redis.set(sidKey(sid), request.sessionID, 'EX', 86_400);
  await saved(done => request.session.save(done));
  response.clearCookie('nonce', { path: '/callback' });
  response.redirect(303, '/account');
});

const signedIn: RequestHandler = (request, response, next) => {
  if (request.session.login === undefined) response.redirect(303, '/login');
  else next();
};
const userOf = (request: Request): string => request.session.login?.user ?? '';

app.get('/account', signedIn, async (request, response) => {
  const notes = await redis.lrange(`notes:${userOf(request)}`, 0, -1);
  const list = notes.map(note => `<li data-note="${note}">${note}</li>`).join('\n');
  const forms =
    '<form method="post" action="/notes"><input name="text"><button>Add</button></form>' +
    '<form method="post" action="/logout"><button>Log out</button></form>';
  response.send(page(userOf(request), `<ul>${list}</ul>${forms}`));
});

app.post('/notes', signedIn, async (request, response) => {
  const text = String(request.body?.text ?? '').replaceAll(/[^\w.-]/g, '');
  await redis.rpush(`notes:${userOf(request)}`, text);
  response.redirect(303, '/account');
});

app.post('/logout', async (request, response) => {
  const { login } = request.session;
  if (login === undefined) return void response.redirect(303, '/');
  if (defect !== 'logout-at-provider-only') await endSession(request, response);
  if (defect === 'logout-at-app-only') return void response.redirect(303, '/');
  const to = oidc.buildEndSessionUrl(config, {
    id_token_hint: login.idToken,
    post_logout_redirect_uri: `${publicUrl}/`,
  });
  response.redirect(303, to.href);
});

async function endSession(request: Request, response: Response): Promise<void> {
  await saved(done => request.session.destroy(done));
  response.clearCookie('connect.sid');
}

// The provider calls this route after a logout (OpenID Connect Back-Channel Logout 1.0).
app.post('/backchannel-logout', async (request, response) => {
  const { payload } = await jwtVerify(String(request.body?.logout_token), keys, {
    issuer: issuer.origin,
    audience: clientId,
    typ: 'logout+jwt',
  });
  const sid = String(payload['sid']);
  const id = defect === 'backchannel-reaches-one' ? own.get(sid) : await redis.getdel(sidKey(sid));
  if (id) await saved(done => store.destroy(id, done));
  response.sendStatus(200);
});

const server = app.listen(Number(env['PORT'] ?? 3000), '127.0.0.1');
server.keepAliveTimeout = 75_000;
process.once('SIGTERM', () => {
  server.close(() => process.exit(0));
  server.closeIdleConnections();
});
