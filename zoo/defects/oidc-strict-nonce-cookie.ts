import type { Defect } from '../entry.ts';
import { identityProvider } from '../services/provider.ts';

export const oidcStrictNonceCookie: Defect = {
  kind: 'defect',
  name: 'oidc-strict-nonce-cookie',
  section: 'continuity',
  broken:
    'The cookie with the nonce of a login has SameSite=Strict. The provider is on another site, so browsers withhold the cookie from the request with which the login returns, and every login is refused.',
  wild: 'A security review asked for SameSite=Strict on all cookies. Where the provider is on the same site, as on a developer machine, the login works.',
  references: ['panva/openid-client#208', 'Arize-ai/phoenix#4693', 'quarkusio/quarkus#30797'],
  remedy: 'Give the cookies of a login SameSite=Lax; for a response by form_post, SameSite=None and Secure.',
  needs: ['first contact'],
  deployment: {
    host: 'relying-party',
    env: { RELYING_PARTY_DEFECT: 'strict-nonce' },
    beside: identityProvider,
  },
  must: { guarantee: 'continuity', anomaly: 'LOSS' },
  mustNot: ['isolation', 'routing', 'evidence'],
};
