/**
 * A React app with a JSON API (Express), bundled by esbuild, with an HttpOnly session cookie. Redis stores each
 * user's items as a list.
 */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { RedisStore } from 'connect-redis';
import { build } from 'esbuild';
import express, { type RequestHandler } from 'express';
import session from 'express-session';
import { Redis } from 'ioredis';

declare module 'express-session' {
  interface SessionData {
    email?: string;
  }
}

const { PORT, REDIS_PORT, PASSWORD, BROKEN } = process.env;
const USERS = new Map([
  ['alice@example.test', 'Alice Example'],
  ['bob@example.test', 'Bob Example'],
]);
const { outputFiles } = await build({
  entryPoints: [join(import.meta.dirname, 'app.jsx')],
  bundle: true,
  minify: true,
  write: false,
  jsx: 'automatic',
  define: { 'process.env.NODE_ENV': '"production"' },
});
const script = outputFiles[0]?.text ?? '';
const redis = new Redis(Number(REDIS_PORT));

const app = express();
app.disable('x-powered-by');
app.get('/healthz', (_request, response) => void response.send('ok'));
app.get(
  '/assets/app.js',
  (_request, response) => void response.type('js').set('Cache-Control', 'public, max-age=600').send(script),
);
app.get(
  '/',
  (_request, response) =>
    void response.send(
      '<!doctype html><title>Items</title><div id="root"></div><script type="module" src="/assets/app.js"></script>',
    ),
);

const api = express.Router();
app.use('/api', express.json(), api);
api.use((_request, response, next) => {
  response.set('Cache-Control', 'no-store');
  next();
});
api.use(
  session({
    name: 'sid',
    secret: 'the same for all instances',
    resave: false,
    saveUninitialized: false,
    cookie: { httpOnly: true, sameSite: 'lax' },
    // Defect 1: without a store, express-session keeps the sessions in the memory of the instance.
    ...(BROKEN !== '1' && { store: new RedisStore({ client: redis }) }),
  }),
);

api.post('/login', (request, response, next) => {
  const { email = '', password } = request.body ?? {};
  const name = USERS.get(email);
  if (name === undefined || password !== PASSWORD) return void response.status(401).json({ error: 'wrong' });
  request.session.regenerate(failed => {
    if (failed) return next(failed);
    request.session.email = email;
    request.session.save(error => (error ? next(error) : response.json({ email, name })));
  });
});
const signedIn: RequestHandler = (request, response, next) => {
  if (request.session.email === undefined) response.status(401).json({ error: 'not signed in' });
  else next();
};
api.get('/me', signedIn, (request, response) => {
  const { email = '' } = request.session;
  response.json({ email, name: USERS.get(email) });
});
const itemsOf = (email = ''): string => `items:${email}`;
api.get('/items', signedIn, async (request, response) => {
  const rows = await redis.lrange(itemsOf(request.session.email), 0, -1);
  response.json(rows.map(row => JSON.parse(row)));
});
api.post('/items', signedIn, async (request, response) => {
  const item = { id: randomUUID(), title: String(request.body?.title).slice(0, 200) };
  await redis.rpush(itemsOf(request.session.email), JSON.stringify(item));
  response.status(201).json(item);
});
api.post('/logout', (request, response, next) => {
  const end = (failed?: Error): void => {
    if (failed) next(failed);
    else response.clearCookie('sid', { httpOnly: true, sameSite: 'lax' }).sendStatus(204);
  };
  // Defect 2: the logout deletes only the cookie, not the session.
  if (BROKEN === '2') end();
  else request.session.destroy(end);
});

app.listen(Number(PORT), '127.0.0.1');
