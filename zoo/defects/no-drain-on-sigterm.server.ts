import { servePlain } from '../hosts/plain/serve.ts';

process.once('SIGTERM', () => process.exit(0));
servePlain({
  // Delays each request, as if it called another service, so that requests are always in flight.
  onSession: () => (_request, _response, next) => {
    setTimeout(next, 30);
  },
});
