import type { Defect } from '../entry.ts';
import { servePlain } from '../hosts/plain/serve.ts';

export const charsetDiffersBetweenInstances: Defect = {
  kind: 'defect',
  name: 'charset-differs-between-instances',
  section: 'read-your-writes',
  broken:
    'One instance decodes forms as Latin-1, and the others as UTF-8. It stores non-ASCII letters wrongly: a user types `é` and later reads `Ã©`. ASCII letters and digits are not affected.',
  wild: 'A locale or a default encoding comes from the machine: an image built elsewhere, a node with another LANG, or a JVM started without file.encoding.',
  references: ['[inf] not in the survey: added because no other entry tries such texts'],
  remedy:
    'Set the encoding of forms, files and connections in the app, and do not use the defaults of the machine.',
  needs: ['instances'],
  deployment: {
    host: 'plain',
    program: new URL(import.meta.url),
    each: [{}, { FORM_CHARSET: 'latin1' }],
  },
  must: { guarantee: 'read-your-writes', anomaly: 'STALE' },
  mustNot: ['continuity', 'isolation', 'routing', 'rotation', 'forgery', 'availability', 'evidence'],
};

if (import.meta.main)
  servePlain({
    onSession: () => (request, _response, next) => {
      const text: unknown = request.body?.item;
      if (process.env['FORM_CHARSET'] === 'latin1' && typeof text === 'string')
        request.body.item = Buffer.from(text, 'utf8').toString('latin1');
      next();
    },
  });
