import type { Defect } from '../entry.ts';

export const wholeSessionLastWriterWins: Defect = {
  kind: 'defect',
  name: 'whole-session-last-writer-wins',
  section: 'no-lost-updates',
  broken:
    'Each request loads the whole session, changes its copy and saves the whole copy. If two requests overlap, the last save undoes the other one, and both responses report success.',
  wild: 'Sessions of express-session with connect-redis, Django, Laravel, Rack and ASP.NET work in this way. It shows as soon as a page sends requests in parallel, or a user clicks twice.',
  references: [
    'SerayaEryn/fastify-session#237',
    'pallets-eco/flask-session#71',
    'laravel/framework#30996',
    'laravel/framework#18187',
    'laravel/framework#7549',
    'aspnet/Session#60',
    'membrane/api-gateway#3238',
    'linuxfoundation/lfx-self-serve#1938',
    'roidrage/redis-session-store#94',
    'Coursemology/coursemology2 PR#6757',
  ],
  remedy:
    'Save single attributes or use compare-and-set (as redis-attributes does here), lock the session for requests that write, or keep data that must not be lost in the database.',
  needs: ['overlap'],
  deployment: { host: 'card-store', env: { SESSION_STORE: 'connect-redis' } },
  must: { guarantee: 'no-lost-updates', anomaly: 'CLOBBER' },
  mustNot: [
    'continuity',
    'isolation',
    'instances-agree',
    'routing',
    'rotation',
    'forgery',
    'cookie-policy',
    'private-responses',
    'availability',
    'evidence',
  ],
};
