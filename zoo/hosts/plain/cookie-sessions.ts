/** The plain host with its sessions in the cookie itself, as cookie-session keeps them: signed, and nowhere else. */
import cookieSession from 'cookie-session';
import { Router } from 'express';
import type { PlainParts } from './parts.ts';

export const cookieSessions: Required<Pick<PlainParts, 'sessions' | 'signIn' | 'signOut' | 'devices'>> = {
  sessions: (_redis, secret) =>
    Router().use(
      cookieSession({ name: 'session', keys: [secret], httpOnly: true, sameSite: 'lax' }),
      (request, _response, next) => {
        // There is nothing to wait for: the session leaves with the response.
        Object.defineProperty(request.session, 'save', { value: (done: () => void) => done() });
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
};
