import type { Defect } from '../entry.ts';
import { identityProvider } from '../services/provider.ts';

export const oidcLogoutAtAppOnly: Defect = {
  kind: 'defect',
  name: 'oidc-logout-at-app-only',
  section: 'logout-final',
  broken:
    'The logout ends the session of the app, and does not end the session at the identity provider. The next login in this browser is accepted without a password, also for the next person at a shared computer.',
  wild: 'The logout of the framework destroys the session. The redirect to the end_session_endpoint of the provider was never added.',
  references: ['nextauthjs/next-auth#836', 'oidc-wp/openid-connect-generic#267', 'TraceApps/nutritrace#48'],
  remedy: 'After the end of the own session, redirect to the end_session_endpoint with the id_token_hint.',
  needs: ['replay'],
  deployment: {
    host: 'relying-party',
    env: { RELYING_PARTY_DEFECT: 'logout-at-app-only' },
    beside: identityProvider,
  },
  must: { guarantee: 'logout-final', anomaly: 'ZOMBIE' },
  mustNot: ['continuity', 'isolation', 'rotation', 'forgery', 'cookie-policy', 'evidence'],
};
