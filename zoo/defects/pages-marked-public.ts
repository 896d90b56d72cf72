import type { Defect } from '../entry.ts';

export const pagesMarkedPublic: Defect = {
  kind: 'defect',
  name: 'pages-marked-public',
  section: 'private-responses',
  broken:
    "The balancer tells browsers and caches to keep every page for a minute, those of signed-in users too. Any shared cache on the way may give one user's page to the next.",
  wild: 'Some lines to make the site faster, meant for images and put where they hold for all; a rule for all pages of a framework.',
  references: [
    'schemalabz/opencouncil PR#413',
    'esi/esi-issues#187',
    'Observal/Observal#1102',
    'stickerdaniel/saas-starter PR#748',
  ],
  remedy:
    'Mark what belongs to a session `private, no-store` in the app, and let caching rules hold for the paths of static files alone.',
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
