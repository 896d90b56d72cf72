import { type Request, type Response, Router } from 'express';
import { z } from 'zod';
import type { Activation } from '../activation.ts';
import type { CsrfProtection } from '../csrf.ts';
import type { Users } from '../data/users.ts';
import { noteIdentity } from '../log.ts';
import type { LoginLimits } from '../login-limits.ts';
import { done, type Page, show } from '../pages.ts';
import { forgetCookie } from '../protocol.ts';
import type { Labels } from '../secrets.ts';
import { end, rotate, save } from '../session.ts';
import { email, requireUser } from './guard.ts';

const Login = z.object({ email, password: z.string().min(1).max(256) });

const Registration = z.object({
  email,
  name: z.string().trim().min(1).max(64),
  password: z.string().min(8).max(256),
});

export interface AuthDeps {
  readonly users: Users;
  readonly csrf: CsrfProtection;
  readonly limits: LoginLimits;
  readonly labels: Labels;
  readonly activation?: Activation | undefined;
}

/** Serves GET and POST /login and /register, and POST /logout. */
export function authRoutes({ users, csrf, limits, labels, activation }: AuthDeps): Router {
  const router = Router();
  router.get('/login', (request, response) => show(request, response, form('login', request)));
  router.get('/register', (request, response) => {
    const page = form('register', request);
    show(request, response, { ...page, data: { ...page.data, byMail: activation !== undefined } });
  });

  router.post('/login', csrf.require, async (request, response) => {
    const refuse = refuser('login', request, response);
    const login = Login.safeParse(request.body);
    if (!login.success) return refuse(422, 'Enter your email address and your password.');
    const { email, password } = login.data;
    const address = request.ip ?? '';
    const seconds = await limits.countLogin(address, email);
    if (seconds > 0) return refuse(429, `Too many failed logins. ${tryAgainIn(seconds)}`, seconds);
    const known = await users.authenticate(email, password).catch(async error => {
      await limits.withdrawLogin(address, email);
      throw error;
    });
    if (!known) return refuse(401, 'This email address and password do not belong together.');
    await limits.forgiveLogin(address, email);
    if (activation && !(await users.isActive(email)))
      return refuse(403, 'This account is not active yet. Open the link in the mail that we sent to you.');
    await startSession(request, response, email, labels);
    done(request, response, '/dashboard', { user: email });
  });

  router.post('/register', csrf.require, async (request, response) => {
    const refuse = refuser('register', request, response);
    const registration = Registration.safeParse(request.body);
    if (!registration.success)
      return refuse(422, 'Enter a name, an email address, and a password of 8 characters or more.');
    const { email, name, password } = registration.data;
    const seconds = await limits.countRegistration(request.ip ?? '');
    if (seconds > 0)
      return refuse(429, `Too many registrations from your network. ${tryAgainIn(seconds)}`, seconds);
    if (!(await (activation ?? users).register(email, name, password)))
      return refuse(409, 'This email address is registered already. Sign in instead.');
    if (activation) return done(request, response, '/activation', { user: null, mailed: true }, 201);
    await startSession(request, response, email, labels);
    done(request, response, '/dashboard', { user: email }, 201);
  });

  router.post('/logout', requireUser, csrf.require, async (request, response) => {
    await end(request);
    forgetCookie(request, response, 'sid');
    done(request, response, '/login', { user: null });
  });
  return router;
}

/** A new session id at login prevents session fixation. */
async function startSession(request: Request, response: Response, user: string, labels: Labels) {
  await rotate(request);
  request.session.user = user;
  request.session.signedInAt = Date.now();
  await save(request);
  noteIdentity(response, labels, request.sessionID, user);
  // Sets the form token now, because pages that load in parallel after the login would each set a different one.
  request.csrfToken?.({ overwrite: true });
}

function refuser(view: 'login' | 'register', request: Request, response: Response) {
  return (status: number, error: string, retryAfterSeconds?: number): void => {
    if (retryAfterSeconds !== undefined) response.set('Retry-After', String(retryAfterSeconds));
    const page = form(view, request);
    show(request, response, { ...page, status, data: { ...page.data, error } });
  };
}

function tryAgainIn(seconds: number): string {
  const minutes = Math.ceil(seconds / 60);
  return `Try again in ${minutes === 1 ? 'a minute' : `${minutes} minutes`}.`;
}

function form(view: 'login' | 'register', request: Request): Page {
  const typed = (name: string) => {
    const value: unknown = request.body?.[name];
    return typeof value === 'string' ? value : '';
  };
  const title = view === 'login' ? 'Sign in' : 'Create an account';
  return {
    view,
    title,
    data: { form: { email: typed('email'), name: typed('name') }, active: 'active' in request.query },
  };
}
