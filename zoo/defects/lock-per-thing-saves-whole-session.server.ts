import { oneAtATime } from '../hosts/plain/lock.ts';
import { servePlain } from '../hosts/plain/serve.ts';

servePlain({
  beforeSession: redis => oneAtATime(redis, { waitMs: 2_000, otherwise: 'refuse', per: 'thing' }),
});
