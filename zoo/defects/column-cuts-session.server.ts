import { RedisStore } from 'connect-redis';
import { servePlain } from '../hosts/plain/serve.ts';

/** The size of the column, characters. */
const COLUMN = 8_000;

/** Cuts the text of a session to the size of the column, and reads a text that is no JSON as no session. */
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

servePlain({ store: redis => new RedisStore({ client: redis, serializer: cutting }) });
