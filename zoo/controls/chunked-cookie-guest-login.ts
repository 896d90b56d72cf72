import type { Control } from '../entry.ts';
import { plainDoneRight } from './plain-done-right.ts';

export const chunkedCookieGuestLogin: Control = {
  kind: 'control',
  name: 'chunked-cookie-guest-login',
  sound:
    'The session is in one cookie or two by turns, and each response deletes what it does not need. The login leads back to the page of its form, which sends signed-in users on into the app. The cart is read as JSON that names no user, and that only a signed-in client is shown.',
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
