import { oneAtATime } from '../hosts/plain/lock.ts';
import { servePlain } from '../hosts/plain/serve.ts';

servePlain({
  beforeSession: redis => oneAtATime(redis, { waitMs: 5_000, otherwise: 'refuse' }),
  session: { resave: true },
});
