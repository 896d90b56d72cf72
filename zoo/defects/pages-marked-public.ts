import type { Defect } from '../entry.ts';

export const pagesMarkedPublic: Defect = {
  kind: 'defect',
  name: 'pages-marked-public',
  section: 'private-responses',
  broken:
    'The balancer marks every page as cacheable for a minute, also the pages of signed-in users. Any shared cache may then serve the page of one user to another.',
  wild: 'A caching rule for images was put where it applies to all responses, or a rule applies to all pages of a framework.',
  references: [
    'schemalabz/opencouncil PR#413',
    'esi/esi-issues#187',
    'Observal/Observal#1102',
    'stickerdaniel/saas-starter PR#748',
  ],
  remedy:
    'Mark every response of a session `private, no-store` in the app, and apply caching rules only to the paths of static files.',
  needs: [],
  deployment: {
    host: 'plain',
    nginx: { server: 'proxy_hide_header Cache-Control; add_header Cache-Control "public, max-age=60";' },
  },
  must: { guarantee: 'private-responses', anomaly: 'CACHED' },
  mustNot: [
    'continuity',
    'routing',
    'read-your-writes',
    'monotonic-reads',
    'rotation',
    'forgery',
    'one-session',
    'cookie-policy',
    'availability',
    'evidence',
  ],
};
