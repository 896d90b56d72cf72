import { type Request, Router } from 'express';
import { type RouteOptions, signedIn, textOf, userOf } from './guard.ts';
import { form, list, page } from './pages.ts';
import { destroy, devices, save, signIn, signOut } from './session.ts';
import { authenticate } from './users.ts';

export function accountRoutes(options: RouteOptions): Router {
  const router = Router();
  router.use(loginRoutes(options), pageRoutes(options));
  return router;
}

function loginRoutes({ redis, parts }: RouteOptions): Router {
  const router = Router();
  const mine = (parts.devices ?? devices)(redis);
  const hidden = (request: Request) => parts.formField?.(request) ?? '';
  const loginPage = (request: Request, title: string) =>
    page(request, title, form('/app/login', ['email', 'password'], 'Sign in', hidden(request)));

  router.get('/login', (request, response) => {
    response.send(loginPage(request, 'Sign in'));
  });

  router.post('/login', async (request, response) => {
    const { email, password } = request.body ?? {};
    if (!authenticate(email, password)) {
      response.status(401).send(loginPage(request, 'Wrong email address or password'));
      return;
    }
    await (parts.signIn ?? signIn)(request, email, redis);
    await mine.add(email, request.sessionID);
    response.redirect(303, '/app/dashboard');
  });

  router.post('/logout', async (request, response) => {
    await (parts.signOut ?? signOut)(request, response);
    response.redirect(303, '/app/login');
  });

  router.post('/logout-everywhere', signedIn, async (request, response) => {
    const ids = await mine.takeAll(userOf(request));
    await Promise.all(ids.map(sid => destroy(request, sid)));
    await (parts.signOut ?? signOut)(request, response);
    response.redirect(303, '/app/login');
  });

  return router;
}

function pageRoutes({ redis, parts }: RouteOptions): Router {
  const router = Router();
  const hidden = (request: Request) => parts.formField?.(request) ?? '';
  router.get('/dashboard', signedIn, (request, response) => {
    const { cart = [], visits = 0 } = request.session;
    const leave = ['logout', 'logout-everywhere'].map(name =>
      form(`/app/${name}`, [], name, hidden(request)),
    );
    const body = `<p>${cart.length} items in your cart, ${visits} visits</p>
<p><a href="/app/cart">Cart</a> <a href="/app/notes">Notes</a> <a href="/app/profile">Profile</a></p>`;
    response.send(page(request, 'Dashboard', `${body}${leave.join('')}`));
  });

  router.post('/visits', signedIn, async (request, response) => {
    request.session.visits = (request.session.visits ?? 0) + 1;
    await save(request);
    response.json({ visits: request.session.visits });
  });

  const profileKey = (request: Request) => `profile:${parts.keyOf?.(userOf(request)) ?? userOf(request)}`;
  router.get('/profile', signedIn, async (request, response) => {
    const name = await redis.get(profileKey(request));
    const body = `${list(name ? [name] : [])}${form('/app/profile', ['name'], 'Save', hidden(request))}`;
    response.send(page(request, 'Profile', body));
  });

  router.post('/profile', signedIn, async (request, response) => {
    await redis.set(profileKey(request), textOf(request, 'name') ?? '');
    response.redirect(303, '/app/profile');
  });
  return router;
}
