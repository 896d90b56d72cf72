import { UNDER_FAULTS } from '../claims.ts';
import type { Control } from '../entry.ts';

export const releaseRenewsCookies: Control = {
  kind: 'control',
  name: 'release-renews-cookies',
  sound:
    'The next version sets the session cookie with SameSite=Strict. It sets the cookies of sessions from the old version again at their next request.',
  faults: 'rolling-deploy',
  next: { RELEASE: '2', RENEWS: 'true' },
  deployment: {
    host: 'plain',
    program: new URL('../defects/release-changes-cookie-of-new-sessions.ts', import.meta.url),
  },
  target: { claims: UNDER_FAULTS },
};
