import { oneAtATime } from '../hosts/plain/lock.ts';
import { servePlain } from '../hosts/plain/serve.ts';

servePlain({
  beforeSession: redis => oneAtATime(redis, { waitMs: 30_000, otherwise: 'refuse', reads: true }),
  // As a page that asks another service, with the session locked meanwhile.
  onSession: () => (_request, _response, next) => {
    setTimeout(next, 80);
  },
});
