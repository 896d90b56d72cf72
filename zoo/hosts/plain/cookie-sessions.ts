/** Makes the plain host keep the whole session in a signed cookie, with the package cookie-session. */
import cookieSession from 'cookie-session';
import { Router } from 'express';
import type { PlainParts } from './parts.ts';

export const cookieSessions = {
  sessions: (_redis, secret) =>
    Router().use(
      cookieSession({ name: 'session', keys: [secret], httpOnly: true, sameSite: 'lax' }),
      (request, _response, next) => {
        sessionMethods(request.session, done => done());
        next();
      },
    ),
  async signIn(request, user) {
    Reflect.set(request, 'session', { user });
  },
  async signOut(request) {
    Reflect.set(request, 'session', null);
  },
  // With sessions in cookies, the server does not know which sessions exist.
  devices: () => ({ add: async () => {}, takeAll: async () => [] }),
  /**
   * Maximum size of the cart, characters. Browsers drop cookies of more than 4096 bytes, and base64 makes the session
   * a third longer.
   */
  cartLimit: 2_000,
} satisfies PlainParts;

/**
 * Adds the methods `save` and `touch` to a session, but not to its JSON.
 * @param save must call `done` at its end
 */
export function sessionMethods(session: object, save: (done: () => void) => void): object {
  return Object.defineProperties(session, { save: { value: save }, touch: { value: () => {} } });
}
