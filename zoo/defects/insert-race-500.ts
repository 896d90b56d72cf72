import type { Defect } from '../entry.ts';
import { servePlain } from '../hosts/plain/serve.ts';
import { AttributeRowsStore } from '../stores/attribute-rows.ts';

export const insertRace500: Defect = {
  kind: 'defect',
  name: 'insert-race-500',
  section: 'availability',
  broken:
    'The attributes of a session are rows of a table. A request inserts a row for each attribute that did not exist when it loaded the session. If two requests insert the same row, the second violates the key and gets a 500.',
  wild: 'A session store over SQL uses INSERT where it needs an upsert. The first page with parallel requests after a login triggers it.',
  references: [
    'spring-projects/spring-session#1213',
    'spring-projects/spring-session#2564',
    'spring-projects/spring-session#1031',
    'cloudfoundry/uaa#3919',
    'bruth/django-tracking2 PR#52',
  ],
  remedy: 'Use an upsert: INSERT … ON CONFLICT DO UPDATE, or MERGE.',
  needs: ['overlap', 'first contact'],
  deployment: {
    host: 'plain',
    program: new URL(import.meta.url),
  },
  must: { guarantee: 'availability', anomaly: 'DOWN' },
  mustNot: ['continuity', 'isolation', 'routing', 'rotation', 'forgery', 'evidence'],
};

if (import.meta.main) servePlain({ store: redis => new AttributeRowsStore(redis) });
