import type { Defect } from '../entry.ts';

export const releaseRenamesSessionField: Defect = {
  kind: 'defect',
  name: 'release-renames-session-field',
  section: 'survival',
  broken:
    'The next version reads and writes the cart under another name, and ignores the old name. Sessions live through the deploy, but their carts are empty afterwards.',
  wild: 'A field of the session is renamed in a refactoring. Tables get a migration, sessions do not.',
  references: [
    'maxcountryman/flask-login#481',
    'woocommerce/woocommerce PR#62526',
    'laravel/framework#11663',
  ],
  remedy: 'Read both names, and write both until no instance of the old version runs.',
  needs: ['fault'],
  faults: 'rolling-deploy',
  next: { RELEASE: '2' },
  deployment: {
    host: 'plain',
    program: new URL('./release-renames-session-field.server.ts', import.meta.url),
  },
  must: { guarantee: 'survival', anomaly: 'GONE' },
  mustNot: ['continuity', 'isolation', 'routing', 'evidence'],
};
