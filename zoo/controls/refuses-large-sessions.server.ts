import { Router } from 'express';
import { servePlain } from '../hosts/plain/serve.ts';

/** Limit of the cart, characters. */
const MOST = 9_000;

servePlain({
  onSession: () =>
    Router().post(['/app/cart', '/app/cart/wrapped'], (request, response, next) => {
      const size = [...(request.session.cart ?? []), request.body?.item].join().length;
      if (size > MOST) response.status(500).send('The session is too large');
      else next();
    }),
});
