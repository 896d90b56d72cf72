import type { Defect } from '../entry.ts';

export const releaseRefusesOldForms: Defect = {
  kind: 'defect',
  name: 'release-refuses-old-forms',
  section: 'instances-agree',
  broken:
    'The next version signs form tokens with another key, and refuses tokens of the old key. A user who opened a page before the deploy and sends its form afterwards gets an error, although the session lives.',
  wild: 'A framework update changes the format or the key of form tokens. The tests load the page and send the form with the same version.',
  references: ['rails/rails PR#39076', 'rails/rails#41783', 'playframework/playframework PR#2367'],
  remedy: 'Accept the old tokens beside the new ones, for as long as a page stays open.',
  needs: ['fault'],
  faults: 'rolling-deploy',
  next: { FORM_KEYS: 'release-2' },
  deployment: {
    host: 'card-store',
    program: new URL('./release-refuses-old-forms.server.ts', import.meta.url),
    env: { SESSION_STORE: 'redis-attributes' },
  },
  must: { guarantee: 'instances-agree', anomaly: 'OUTDATED' },
  mustNot: ['isolation', 'routing', 'read-your-writes', 'monotonic-reads', 'evidence'],
};
