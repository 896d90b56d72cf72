import { servePlain } from '../hosts/plain/serve.ts';

process.once('SIGTERM', () => process.exit(0));
servePlain({
  // As in a page that calls another service, requests are always in flight.
  onSession: () => (_request, _response, next) => {
    setTimeout(next, 30);
  },
});
