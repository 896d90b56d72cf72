/** Registering, signing in and out. */
import { type Request, type Response, Router } from 'express';
import { z } from 'zod';
import type { CsrfProtection } from '../csrf.ts';
import type { Users } from '../data/users.ts';
import { noteWho } from '../log.ts';
import { done, type Page, show } from '../pages.ts';
import { forgetCookie } from '../protocol.ts';
import { end, rotate, save } from '../session.ts';
import { requireUser } from './guard.ts';

const email = z.string().trim().toLowerCase().max(254).pipe(z.email());

const Login = z.object({ email, password: z.string().min(1).max(256) });

const Registration = z.object({
  email,
  name: z.string().trim().min(1).max(64),
  password: z.string().min(8).max(256),
});

export interface AuthDeps {
  readonly users: Users;
  readonly csrf: CsrfProtection;
  /** Session id → what stands for it in logs. */
  readonly label: (sid: string) => string;
}

/** GET and POST /login and /register, POST /logout. */
export function authRoutes({ users, csrf, label }: AuthDeps): Router {
  const signIn = (request: Request, response: Response, user: string) =>
    startSession(request, response, user, label);
  const router = Router();
  router.get('/login', (request, response) => show(request, response, form('login', request)));
  router.get('/register', (request, response) => show(request, response, form('register', request)));

  router.post('/login', csrf.require, async (request, response) => {
    const login = Login.safeParse(request.body);
    if (!login.success)
      return refuse(request, response, 'login', 422, 'Enter your email address and your password.');
    const { email, password } = login.data;
    if (!(await users.authenticate(email, password))) {
      return refuse(
        request,
        response,
        'login',
        401,
        'This email address and password do not belong together.',
      );
    }
    await signIn(request, response, email);
    done(request, response, '/dashboard', { user: email });
  });

  router.post('/register', csrf.require, async (request, response) => {
    const registration = Registration.safeParse(request.body);
    if (!registration.success) {
      const wanted = 'Enter a name, an email address, and a password of 8 characters or more.';
      return refuse(request, response, 'register', 422, wanted);
    }
    const { email, name, password } = registration.data;
    if (!(await users.register(email, name, password))) {
      return refuse(
        request,
        response,
        'register',
        409,
        'This email address is registered already. Sign in instead.',
      );
    }
    await signIn(request, response, email);
    done(request, response, '/dashboard', { user: email }, 201);
  });

  router.post('/logout', requireUser, csrf.require, async (request, response) => {
    await end(request);
    forgetCookie(request, response, 'sid');
    done(request, response, '/login', { user: null });
  });
  return router;
}

/** A new id for whom signs in: an id that somebody planted in the browser before is worth nothing then. */
async function startSession(request: Request, response: Response, user: string, label: AuthDeps['label']) {
  await rotate(request);
  request.session.user = user;
  request.session.signedInAt = Date.now();
  await save(request);
  noteWho(response, label(request.sessionID), user);
  // Now, not on the next page: pages loaded in parallel would each set a token of their own.
  request.csrfToken?.({ overwrite: true });
}

function refuse(
  request: Request,
  response: Response,
  view: 'login' | 'register',
  status: number,
  error: string,
) {
  const page = form(view, request);
  show(request, response, { ...page, status, data: { ...page.data, error } });
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
    data: { form: { email: typed('email'), name: typed('name') } },
  };
}
