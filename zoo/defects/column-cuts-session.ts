import { RedisStore } from 'connect-redis';
import type { Defect } from '../entry.ts';
import { servePlain } from '../hosts/plain/serve.ts';

export const columnCutsSession: Defect = {
  kind: 'defect',
  name: 'column-cuts-session',
  section: 'continuity',
  broken:
    'The column that holds a session has a fixed size, and the database cuts a longer text without an error. The write is acknowledged, but the stored text is no valid session, so the next request finds no session.',
  wild: 'The table has a TEXT or VARCHAR column, and MySQL runs without strict mode. Small sessions of tests fit; a session with a large cart or with tokens of other services does not.',
  references: [
    'bcosca/fatfree#1130',
    'chill117/express-mysql-session#96',
    'chill117/express-mysql-session PR#100',
    'symfony/symfony PR#14647',
    'pantheon-systems/wp-native-php-sessions PR#193',
  ],
  remedy: 'Use a column that is large enough, and let the database refuse a text that does not fit.',
  needs: ['size'],
  deployment: {
    host: 'plain',
    program: new URL(import.meta.url),
  },
  must: { guarantee: 'continuity', anomaly: 'LOSS' },
  mustNot: ['isolation', 'routing', 'rotation', 'forgery', 'cookie-policy', 'evidence'],
};

/** Size of a session's database column, characters. */
const COLUMN = 8_000;

/** The defect: cuts the text of a session. If the rest is no valid JSON, the session counts as missing. */
const cutting = {
  stringify: (data: object) => JSON.stringify(data).slice(0, COLUMN),
  parse(text: string) {
    try {
      return JSON.parse(text);
    } catch {
      return null;
    }
  },
};

if (import.meta.main) servePlain({ store: redis => new RedisStore({ client: redis, serializer: cutting }) });
