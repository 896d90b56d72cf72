import { Router } from 'express';
import type { Control } from '../entry.ts';
import { servePlain } from '../hosts/plain/serve.ts';

export const refusesLargeSessions: Control = {
  kind: 'control',
  name: 'refuses-large-sessions',
  sound:
    'A session holds 9,000 characters. A write beyond that gets status 500 and changes nothing, as when a cookie of Rails overflows. It is a refusal: smaller sessions work.',
  deployment: {
    host: 'plain',
    program: new URL(import.meta.url),
  },
};

/** Maximum size of a cart, characters. */
const MOST = 9_000;

if (import.meta.main)
  servePlain({
    onSession: () =>
      Router().post(['/app/cart', '/app/cart/wrapped'], (request, response, next) => {
        const size = [...(request.session.cart ?? []), request.body?.item].join().length;
        if (size > MOST) response.status(500).send('The session is too large');
        else next();
      }),
  });
