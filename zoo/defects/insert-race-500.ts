import type { Defect } from '../entry.ts';

export const insertRace500: Defect = {
  kind: 'defect',
  name: 'insert-race-500',
  section: 'availability',
  broken:
    'Attributes of a session are rows of a table. A request that sets one that was not there when the session was loaded inserts a row; when two do so at once, the second violates the key and is answered 500.',
  wild: 'INSERT where an upsert is needed, in session stores over SQL. The first page with parallel requests after a login does it.',
  references: [
    'spring-projects/spring-session#1213',
    'spring-projects/spring-session#2564',
    'spring-projects/spring-session#1031',
    'cloudfoundry/uaa#3919',
    'bruth/django-tracking2 PR#52',
  ],
  remedy: 'Upsert: INSERT … ON CONFLICT DO UPDATE, MERGE.',
  needs: ['overlap', 'first contact'],
  deployment: {
    host: 'plain',
    program: new URL('./insert-race-500.server.ts', import.meta.url),
  },
  must: { guarantee: 'availability', anomaly: 'DOWN' },
  mustNot: ['continuity', 'isolation', 'routing', 'rotation', 'forgery', 'evidence'],
};
