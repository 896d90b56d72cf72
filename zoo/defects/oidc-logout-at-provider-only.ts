import type { Defect } from '../entry.ts';
import { identityProvider } from '../services/provider.ts';

export const oidcLogoutAtProviderOnly: Defect = {
  kind: 'defect',
  name: 'oidc-logout-at-provider-only',
  section: 'logout-final',
  broken:
    'The logout ends the session at the identity provider, and the session of the app stays: the old cookie is honoured on every instance.',
  wild: 'The logout button is a link to the end_session_endpoint of the provider, and the team expected that this ends the session of the app too.',
  references: ['OpenLiberty/open-liberty#9909'],
  remedy: 'Destroy the own session before the redirect to the provider.',
  needs: ['replay'],
  deployment: {
    host: 'relying-party',
    env: { RELYING_PARTY_DEFECT: 'logout-at-provider-only' },
    beside: identityProvider,
  },
  must: { guarantee: 'logout-final', anomaly: 'ZOMBIE' },
  mustNot: ['continuity', 'isolation', 'rotation', 'forgery', 'cookie-policy', 'evidence'],
};
