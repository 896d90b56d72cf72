import type { Defect } from '../entry.ts';
import { identityProvider } from '../services/provider.ts';

export const oidcBackchannelReachesOneInstance: Defect = {
  kind: 'defect',
  name: 'oidc-backchannel-reaches-one-instance',
  section: 'logout-final',
  broken:
    'The user logs out at the identity provider, which reports the logout to the app over the back channel. The balancer routes this request to one instance, and only the instance that served the login knows which session the logout names. If another instance receives the request, the session lives on.',
  wild: 'An index maps the session ids of the provider to sessions of the app. It is in the memory of each instance, because the app once ran as one instance.',
  references: [
    'spring-projects/spring-security#16321',
    'spring-projects/spring-session#3341',
    'spring-projects/spring-security#14511',
  ],
  remedy: 'Keep the index from the session id of the provider in the shared store.',
  needs: ['instances', 'replay'],
  deployment: {
    host: 'relying-party',
    env: { RELYING_PARTY_DEFECT: 'backchannel-reaches-one' },
    beside: identityProvider,
  },
  target: {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the target file reads the variable.
    logout: { method: 'GET', path: '${OIDC_ISSUER}/session/end' },
  },
  must: { guarantee: 'logout-final', anomaly: 'ZOMBIE' },
  mustNot: ['continuity', 'isolation', 'rotation', 'forgery', 'cookie-policy', 'evidence'],
};
