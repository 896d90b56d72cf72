import { UNDER_FAULTS } from '../claims.ts';
import type { Control } from '../entry.ts';

export const releaseAcceptsOldForms: Control = {
  kind: 'control',
  name: 'release-accepts-old-forms',
  sound: 'The next version signs form tokens with another key, and still accepts tokens of the old key.',
  faults: 'rolling-deploy',
  next: { FORM_KEYS: 'release-2,release-1' },
  deployment: {
    host: 'card-store',
    program: new URL('../defects/release-refuses-old-forms.ts', import.meta.url),
    env: { SESSION_STORE: 'redis-attributes', FORM_KEYS: 'release-1,release-2' },
  },
  target: { claims: UNDER_FAULTS },
};
