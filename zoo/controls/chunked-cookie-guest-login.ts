import type { Control } from '../entry.ts';
import { plainDoneRight } from './plain-done-right.ts';

export const chunkedCookieGuestLogin: Control = {
  kind: 'control',
  name: 'chunked-cookie-guest-login',
  sound:
    'The session is in one cookie or in two by turns, and each response deletes the cookies that it does not need. The login redirects to the page of its form, which redirects signed-in users into the app. The cart is read as JSON, which names no user and is shown only to signed-in clients.',
  deployment: {
    host: 'plain',
    program: new URL('./chunked-cookie-guest-login.server.ts', import.meta.url),
  },
  target: {
    probes: [
      {
        object: 'cart',
        kind: 'list',
        read: { path: '/app/cart.json', items: { json: '/*' } },
        add: { path: '/app/cart', form: { item: '{value}' } },
        remove: { path: '/app/cart/remove', form: { item: '{value}' } },
      },
    ],
    ...plainDoneRight.target,
  },
};
