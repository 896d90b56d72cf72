import type { Defect } from '../entry.ts';
import { servePlain } from '../hosts/plain/serve.ts';

export const noAbsoluteTimeout: Defect = {
  kind: 'defect',
  name: 'no-absolute-timeout',
  section: 'expiry',
  broken:
    'A session must end a fixed time after its login, but no code enforces it. Each request renews the session, so a user, or a thief of the cookie, who sends enough requests stays signed in for ever.',
  wild: 'Session libraries have only the idle timeout. The time of the login is not stored, or not checked.',
  references: [
    'expressjs/session#557',
    'lucia-auth/lucia#1038',
    'apache/tooling-trusted-releases#596',
    'psr7-sessions/storageless#553',
  ],
  remedy: 'Keep the time of the login in the session, and on every request refuse a session that is too old.',
  needs: ['time'],
  deployment: {
    host: 'plain',
    program: new URL(import.meta.url),
  },
  target: { expiry: { idle: '4s', absolute: '8s', renew: 'each' } },
  must: { guarantee: 'expiry', anomaly: 'DRIFT' },
  mustNot: [
    'continuity',
    'cookie-policy',
    'isolation',
    'routing',
    'rotation',
    'forgery',
    'availability',
    'evidence',
  ],
};

if (import.meta.main)
  servePlain({
    session: { rolling: true, cookie: { httpOnly: true, sameSite: 'lax', maxAge: 4_000 } },
  });
