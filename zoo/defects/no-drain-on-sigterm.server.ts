import { servePlain } from '../hosts/plain/serve.ts';

process.once('SIGTERM', () => process.exit(0));
servePlain({
  // As a page that asks another service: there is always something in flight.
  onSession: () => (_request, _response, next) => {
    setTimeout(next, 30);
  },
});
