import type { Control } from '../entry.ts';
import { identityProvider } from '../services/provider.ts';

export const oidcDoneRight: Control = {
  kind: 'control',
  name: 'oidc-done-right',
  sound:
    'A relying party of OpenID Connect (openid-client, Express) behind the balancer, and a provider (oidc-provider) on another site. State and PKCE verifier are in the shared session, and the nonce is in a cookie with SameSite=Lax. The logout ends the session of the app and that of the provider.',
  deployment: { host: 'relying-party', beside: identityProvider },
};
