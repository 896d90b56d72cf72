/** The plain host with its sessions in the cookie itself, as cookie-session keeps them: signed, and nowhere else. */
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
  // Nobody knows them.
  devices: () => ({ add: async () => {}, takeAll: async () => [] }),
  /** A browser keeps cookies of up to 4096 bytes, and base64 takes a third more. */
  cartLimit: 2_000,
} satisfies PlainParts;

/** What the host asks of a session, without being part of what it holds. `save` calls back when it is done. */
export function sessionMethods(session: object, save: (done: () => void) => void): object {
  return Object.defineProperties(session, { save: { value: save }, touch: { value: () => {} } });
}
