/** Routes of the cart and the wishes (in the session), and of the notes (in the database, by user). */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Request, type Response, Router } from 'express';
import { type RouteOptions, signedIn, textOf, userOf } from './guard.ts';
import { form, list, page } from './pages.ts';
import { save } from './session.ts';

export function cartRoutes({ workMs, parts }: RouteOptions): Router {
  const router = Router();
  router.use('/cart', signedIn);

  router.get('/cart', (request, response) => {
    const hidden = parts.formField?.(request) ?? '';
    const body = `${list(request.session.cart ?? [])}${form('/app/cart', ['item'], 'Add', hidden)}`;
    response.send(page(request, 'Cart', body));
  });

  async function add(request: Request, response: Response): Promise<void> {
    const item = textOf(request, 'item');
    if (item === undefined) {
      response.status(422).send(page(request, 'Name an item', ''));
      return;
    }
    const cart = [...(request.session.cart ?? []), item];
    if (cart.join().length > (parts.cartLimit ?? Number.POSITIVE_INFINITY)) {
      response.status(409).send(page(request, 'Your cart is full', ''));
      return;
    }
    request.session.cart = cart;
    await save(request);
    response.redirect(303, '/app/cart');
  }
  router.post('/cart', add);

  // A slow write, as if the app requested gift wrapping from a supplier.
  router.post('/cart/wrapped', async (request, response) => {
    await sleep(workMs);
    await add(request, response);
  });

  router.post('/cart/remove', async (request, response) => {
    const { cart = [] } = request.session;
    request.session.cart = cart.filter(item => item !== textOf(request, 'item'));
    await save(request);
    response.redirect(303, '/app/cart');
  });

  // A slow request that only reads.
  router.get('/report', signedIn, async (request, response) => {
    const items = request.session.cart?.length ?? 0;
    await sleep(workMs);
    response.send(page(request, 'Report', `<p>${items} items when this report was begun</p>`));
  });
  return router;
}

export function wishRoutes({ parts }: RouteOptions): Router {
  const router = Router();
  router.use('/wishes', signedIn);
  router.get('/wishes', (request, response) => {
    const hidden = parts.formField?.(request) ?? '';
    const body = `${list(request.session.wishes ?? [])}${form('/app/wishes', ['item'], 'Add', hidden)}`;
    response.send(page(request, 'Wishes', body));
  });
  router.post('/wishes', async (request, response) => {
    const item = textOf(request, 'item');
    if (item === undefined) {
      response.status(422).send(page(request, 'Name an item', ''));
      return;
    }
    request.session.wishes = [...(request.session.wishes ?? []), item];
    await save(request);
    response.redirect(303, '/app/wishes');
  });
  return router;
}

export function noteRoutes({ redis, workMs, parts }: RouteOptions): Router {
  const router = Router();
  router.use('/notes', signedIn);
  const keyOf = (request: Request) => `notes:${parts.keyOf?.(userOf(request)) ?? userOf(request)}`;

  router.get('/notes', async (request, response) => {
    const notes = await (parts.readNotes?.(request, redis) ?? redis).lrange(keyOf(request), 0, -1);
    const hidden = parts.formField?.(request) ?? '';
    response.send(page(request, 'Notes', `${list(notes)}${form('/app/notes', ['text'], 'Add', hidden)}`));
  });

  async function add(request: Request, response: Response): Promise<void> {
    const text = textOf(request, 'text');
    if (text === undefined) {
      response.status(422).send(page(request, 'Write a text', ''));
      return;
    }
    await redis.rpush(keyOf(request), text);
    response.redirect(303, '/app/notes');
  }
  router.post('/notes', add);

  // A slow write, as if the app sent the note by mail.
  router.post('/notes/mailed', async (request, response) => {
    await sleep(workMs);
    await add(request, response);
  });

  router.post('/notes/remove', async (request, response) => {
    await redis.lrem(keyOf(request), 0, textOf(request, 'text') ?? '');
    response.redirect(303, '/app/notes');
  });
  return router;
}
