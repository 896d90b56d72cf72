import { oneAtATime } from '../hosts/plain/lock.ts';
import { servePlain } from '../hosts/plain/serve.ts';

servePlain({
  beforeSession: redis => oneAtATime(redis, { waitMs: 30_000, otherwise: 'refuse', reads: true }),
  // Delays each request, as if it called another service, while the request holds the lock on the session.
  onSession: () => (_request, _response, next) => {
    setTimeout(next, 80);
  },
});
