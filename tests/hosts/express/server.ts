/** An Express app as in Passport's example: passport-local, sessions in Redis, the CSRF token in the session. */
import { randomBytes } from 'node:crypto';
import { RedisStore } from 'connect-redis';
import express from 'express';
import session from 'express-session';
import { Redis } from 'ioredis';
import passport from 'passport';
import { Strategy } from 'passport-local';

declare module 'express-session' {
  interface SessionData {
    csrf?: string;
    todos?: string[];
    messages?: string[];
  }
}

interface User {
  id: string;
  email: string;
}

const { PORT, REDIS_PORT, PASSWORD, BROKEN } = process.env;
const USERS: User[] = ['alice', 'bob'].map(id => ({ id, email: `${id}@example.test` }));

passport.use(
  new Strategy({ usernameField: 'email' }, (email, password, done) => {
    const user = USERS.find(one => one.email === email);
    done(null, user !== undefined && password === PASSWORD ? user : false);
  }),
);
passport.serializeUser((user, done) => done(null, (user as User).id));
passport.deserializeUser((id, done) => done(null, USERS.find(user => user.id === id) ?? false));

const app = express();
app.disable('x-powered-by');
app.get('/healthz', (_request, response) => void response.send('ok'));
app.use(express.urlencoded({ extended: false }));
app.use(
  session({
    name: 'connect.sid',
    secret: 'the same for all instances',
    resave: false,
    saveUninitialized: false,
    cookie: { httpOnly: true, sameSite: 'lax' },
    // Defect 2: without a store, express-session keeps the sessions in the memory of the instance.
    ...(BROKEN !== '2' && { store: new RedisStore({ client: new Redis(Number(REDIS_PORT)) }) }),
  }),
);
app.use(passport.session());
app.use((request, response, next) => {
  request.session.csrf ??= randomBytes(12).toString('hex');
  if (request.method === 'POST' && request.body['_csrf'] !== request.session.csrf)
    return void response.status(403).send('invalid csrf token');
  next();
});

const page = (
  csrf: string,
  user: User | undefined,
  inside: string,
): string => `<!doctype html><title>Todos</title>
<section class="todoapp"><h1>todos</h1>
${
  user === undefined
    ? ''
    : `<nav><span class="display-name">${user.id[0]?.toUpperCase()}${user.id.slice(1)} Example</span>
<form action="/logout" method="post"><button class="logout">Sign out</button><input type="hidden" name="_csrf" value="${csrf}"></form></nav>`
}
${inside}</section>`;

app.get('/', (request, response) => {
  const { csrf = '', todos = [] } = request.session;
  if (request.user === undefined)
    return void response.send(
      page(csrf, undefined, '<a href="/login">Sign in</a> or <a href="/signup">sign up</a>'),
    );
  const list = todos.map(todo => `<li><label>${todo}</label></li>`).join('\n');
  const form = `<form action="/add" method="post"><input name="title" placeholder="What needs to be done?"><input type="hidden" name="_csrf" value="${csrf}"></form>`;
  response.send(page(csrf, request.user as User, `${form}<ul>${list}</ul>`));
});
app.get('/login', (request, response) => {
  const token = `<input type="hidden" name="_csrf" value="${request.session.csrf}">`;
  response.send(
    page(
      '',
      undefined,
      `<form action="/login/password" method="post"><input type="email" name="email" required>
<input type="password" name="password"><button>Sign in</button>${token}</form>`,
    ),
  );
});
// Defect 1: the session keeps its id at the login, so an attacker who planted the id is signed in.
const kept = (request: express.Request, user: User, done: (error?: Error) => void): void => {
  (request.session as { passport?: { user: string } }).passport = { user: user.id };
  request.session.save(done);
};
app.post('/login/password', (request, response, next) => {
  passport.authenticate('local', (error: Error | null, user: User | false) => {
    if (error) return next(error);
    if (!user) return response.redirect('/login');
    const done = (failed?: Error): void => (failed ? next(failed) : response.redirect('/'));
    if (BROKEN === '1') kept(request, user, done);
    else request.login(user, done);
  })(request, response, next);
});
app.post('/logout', (request, response, next) => {
  request.logout(error => {
    if (error) return next(error);
    request.session.destroy(() => response.redirect('/'));
  });
});
app.post('/add', (request, response, next) => {
  if (request.user === undefined) return response.redirect('/login');
  const title = String(request.body['title']).replaceAll(/[^\w.-]/g, '');
  request.session.todos = [...(request.session.todos ?? []), title];
  request.session.save(error => (error ? next(error) : response.redirect('/')));
});

app.listen(Number(PORT), '127.0.0.1');
