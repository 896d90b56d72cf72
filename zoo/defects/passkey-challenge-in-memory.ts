import type { Defect } from '../entry.ts';
import { byPasskey } from '../passkeys.ts';

export const passkeyChallengeInMemory: Defect = {
  kind: 'defect',
  name: 'passkey-challenge-in-memory',
  section: 'continuity',
  broken:
    'Users log in with passkeys. The instance that makes the challenge keeps it in its memory, so the signed challenge is refused by another instance.',
  wild: 'Examples keep the challenge in a map by user or by session. It lives only for a moment, so a store seems needless.',
  references: ['Rabithua/Rote PR#244', 'kdlbs/kandev PR#2719'],
  remedy: 'Keep the challenge in the shared session, or in a signed cookie of a short life.',
  needs: ['instances'],
  deployment: { host: 'passwordless', env: { PASSWORDLESS_DEFECT: 'challenge-in-memory' } },
  target: byPasskey,
  must: { guarantee: 'continuity', anomaly: 'LOSS' },
  mustNot: ['isolation', 'routing', 'rotation', 'forgery', 'cookie-policy', 'availability', 'evidence'],
};
