import { createHmac } from 'node:crypto';
import type { RequestHandler } from 'express';
import { SessionGoneError } from '../../app/stores/errors.ts';
import { RedisAttributesStore } from '../../app/stores/redis-attributes.ts';
import type { Control } from '../entry.ts';
import { servePlain } from '../hosts/plain/serve.ts';
import { signIn, signOut } from '../hosts/plain/session.ts';
import { plainDoneRight } from './plain-done-right.ts';

export const endsIncompleteSessions: Control = {
  kind: 'control',
  name: 'ends-incomplete-sessions',
  sound:
    'A signed-in client needs two cookies, and the app destroys a session whose second cookie is missing or changed, as phpMyAdmin does. Browsers always send both.',
  deployment: {
    host: 'plain',
    program: new URL(import.meta.url),
  },
  target: { ...plainDoneRight.target },
};

const PROOF = 'proof';
const proofOf = (sid: string): string => createHmac('sha256', 'keyboard cat').update(sid).digest('hex');

const complete: RequestHandler = (request, response, next) => {
  const { session, sessionID, cookies } = request;
  if (session?.user === undefined || cookies[PROOF] === proofOf(sessionID)) return next();
  session.destroy(error => (error ? next(error) : response.redirect(303, '/app/login')));
};

if (import.meta.main)
  servePlain({
    store: redis => new RedisAttributesStore({ client: redis }),
    onSession: () => complete,
    async signIn(request, user) {
      await signIn(request, user);
      request.res?.cookie(PROOF, proofOf(request.sessionID), { httpOnly: true, sameSite: 'lax' });
    },
    async signOut(request, response) {
      await signOut(request, response);
      response.clearCookie(PROOF);
    },
    onError(error, request, response, next) {
      if (!(error instanceof SessionGoneError)) return next(error);
      Reflect.deleteProperty(request, 'session');
      response.redirect(303, '/app/login');
    },
  });
