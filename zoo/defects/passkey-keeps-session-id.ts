import type { Defect } from '../entry.ts';
import { byPasskey } from '../passkeys.ts';

export const passkeyKeepsSessionId: Defect = {
  kind: 'defect',
  name: 'passkey-keeps-session-id',
  section: 'rotation',
  broken:
    'The session with the challenge becomes the session of the user, with the same id. An attacker who gave the browser this id is then signed in too.',
  wild: 'The login with a passkey was added beside the login form, and bypasses the code that replaces the session there.',
  references: ['spring-projects/spring-security#16685', 'jaredhanson/passport#192'],
  remedy: 'Replace the session id at each kind of login, in one place for all of them.',
  needs: ['replay'],
  deployment: { host: 'passwordless', env: { PASSWORDLESS_DEFECT: 'keeps-session-id' } },
  target: byPasskey,
  must: { guarantee: 'rotation', anomaly: 'FIXED' },
  mustNot: ['continuity', 'isolation', 'routing', 'forgery', 'cookie-policy', 'availability', 'evidence'],
};
