import type { Control } from '../entry.ts';
import { byPasskey } from '../passkeys.ts';

export const passkeysDoneRight: Control = {
  kind: 'control',
  name: 'passkeys-done-right',
  sound:
    'An app (Express, @simplewebauthn/server) whose users register a passkey and log in with it. Challenges, passkeys and sessions are in Redis, and each challenge is accepted once.',
  deployment: { host: 'passwordless' },
  target: byPasskey,
};
