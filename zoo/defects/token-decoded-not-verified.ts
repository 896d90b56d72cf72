import { createHmac } from 'node:crypto';
import type { Defect } from '../entry.ts';
import { cookieSessions, sessionMethods } from '../hosts/plain/cookie-sessions.ts';
import { servePlain } from '../hosts/plain/serve.ts';
import { save } from '../hosts/plain/session.ts';

export const tokenDecodedNotVerified: Defect = {
  kind: 'defect',
  name: 'token-decoded-not-verified',
  section: 'forgery',
  broken:
    'The session is a signed token in a cookie, and the server does not check the signature. It accepts any changed token, so any client can act as any user.',
  wild: 'Libraries for tokens have `decode` beside `verify`, and `decode` passes every test that uses a valid token.',
  references: [
    'voluntarily/vly2 PR#616',
    'bluewave-labs/Checkmate#269',
    'RealDevSquad/website-backend#625',
    'hokaccha/node-jwt-simple#106',
  ],
  remedy:
    'Verify the token before you read it, with the algorithm that you chose, not the one that the token names.',
  needs: [],
  deployment: {
    host: 'plain',
    program: new URL(import.meta.url),
  },
  must: { guarantee: 'forgery', anomaly: 'FORGED' },
  mustNot: ['continuity', 'routing', 'rotation', 'private-responses', 'availability', 'evidence'],
};

const HEADER = Buffer.from('{"alg":"HS256","typ":"JWT"}').toString('base64url');

function sign(session: object, secret: string): string {
  const signed = `${HEADER}.${Buffer.from(JSON.stringify(session)).toString('base64url')}`;
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}

/** The defect: does not check the signature of the token. */
function decode(token: unknown): object {
  try {
    const [, payload = ''] = String(token).split('.');
    return Object(JSON.parse(Buffer.from(payload, 'base64url').toString()));
  } catch {
    return {};
  }
}

if (import.meta.main)
  servePlain({
    sessions: (_redis, secret) => (request, response, next) => {
      const session = decode(request.cookies.token);
      const save = (done: () => void) => {
        response.cookie('token', sign(session, secret), { httpOnly: true, sameSite: 'lax' });
        done();
      };
      Reflect.set(request, 'session', sessionMethods(session, save));
      next();
    },
    async signIn(request, user) {
      request.session.user = user;
      await save(request);
    },
    async signOut(_request, response) {
      response.clearCookie('token');
    },
    devices: cookieSessions.devices,
    cartLimit: cookieSessions.cartLimit,
  });
