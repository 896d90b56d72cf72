import { RedisStore } from 'connect-redis';
import type { Defect } from '../entry.ts';
import { servePlain } from '../hosts/plain/serve.ts';

export const numbersLoseDigits: Defect = {
  kind: 'defect',
  name: 'numbers-lose-digits',
  section: 'read-your-writes',
  broken:
    'One instance runs an older version of the serialiser. It reads a text that looks like a number as a number: zeros at the beginning disappear, and digits beyond 2^53 change. The next save of that instance stores the changed text.',
  wild: 'Serialisers guess the type of a stored text, as Rediska did for Redis. So do cookie libraries that parse each value as JSON. Postal codes, telephone numbers and ids of other systems change. During an upgrade only some instances do so.',
  references: ['shumkov/rediska PR#21', 'ItsBenCodes/cookies#44', 'redis/redis#1118'],
  remedy: 'Store the type with the value, or decode a text as a number only where the app declares a number.',
  needs: ['instances'],
  deployment: {
    host: 'plain',
    program: new URL(import.meta.url),
    each: [{}, { SERIALISER: 'guesses' }],
  },
  must: { guarantee: 'read-your-writes', anomaly: 'STALE' },
  mustNot: ['continuity', 'isolation', 'routing', 'rotation', 'forgery', 'availability', 'evidence'],
};

const isNumber = (value: unknown): boolean => typeof value === 'string' && /^\d+$/.test(value);

const guessing = {
  stringify: (data: object) => JSON.stringify(data),
  parse: (text: string) => JSON.parse(text, (_, value) => (isNumber(value) ? String(Number(value)) : value)),
};

if (import.meta.main)
  servePlain({
    store: redis =>
      new RedisStore({
        client: redis,
        ...(process.env['SERIALISER'] === 'guesses' && { serializer: guessing }),
      }),
  });
