import type { Defect } from '../entry.ts';
import { identityProvider } from '../services/provider.ts';

export const oidcStateInMemory: Defect = {
  kind: 'defect',
  name: 'oidc-state-in-memory',
  section: 'continuity',
  broken:
    'A login by OpenID Connect begins on one instance, which keeps the state of the login in its memory. If the provider redirects the browser to another instance, that instance does not know the state and refuses the login.',
  wild: 'The library keeps pending logins in a map by default, or in a session store that was never replaced.',
  references: ['mitos-run/mitos#427', 'open-webui/open-webui#9270', 'rstudio/helm#165'],
  remedy: 'Keep the state in the shared session, or in a signed or encrypted cookie of the browser.',
  needs: ['instances'],
  deployment: {
    host: 'relying-party',
    env: { RELYING_PARTY_DEFECT: 'state-in-memory' },
    beside: identityProvider,
  },
  must: { guarantee: 'continuity', anomaly: 'LOSS' },
  mustNot: ['isolation', 'routing', 'rotation', 'forgery', 'cookie-policy', 'evidence'],
};
