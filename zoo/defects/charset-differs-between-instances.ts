import type { Defect } from '../entry.ts';

export const charsetDiffersBetweenInstances: Defect = {
  kind: 'defect',
  name: 'charset-differs-between-instances',
  section: 'read-your-writes',
  broken:
    'One instance takes forms for Latin-1, where the others take them for UTF-8. What is written there with anything but plain letters is kept as something else; letters and digits come back as they went.',
  wild: 'A locale or a default encoding that comes from the machine: an image built elsewhere, a node with another LANG, a JVM started without file.encoding.',
  references: ['[inf] not in the survey: planted for texts that no other entry tries'],
  remedy:
    'Name the encoding in the app, for forms, files and connections, and take nothing from the machine.',
  needs: ['instances'],
  deployment: {
    host: 'plain',
    program: new URL('./charset-differs-between-instances.server.ts', import.meta.url),
    each: [{}, { FORM_CHARSET: 'latin1' }],
  },
  must: { guarantee: 'read-your-writes', anomaly: 'STALE' },
  mustNot: ['continuity', 'isolation', 'routing', 'rotation', 'forgery', 'availability', 'evidence'],
};
