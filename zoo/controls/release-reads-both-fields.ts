import { UNDER_FAULTS } from '../claims.ts';
import type { Control } from '../entry.ts';

export const releaseReadsBothFields: Control = {
  kind: 'control',
  name: 'release-reads-both-fields',
  sound: 'The next version names a field of the session differently. It reads both names, and writes both.',
  faults: 'rolling-deploy',
  next: { RELEASE: '2', KEEPS_OLD: 'true' },
  deployment: {
    host: 'plain',
    program: new URL('../defects/release-renames-session-field.ts', import.meta.url),
  },
  target: { claims: [...UNDER_FAULTS, 'survival'] },
};
