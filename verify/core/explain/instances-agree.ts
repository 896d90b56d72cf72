import type { Explanation } from './explanation.ts';

export const entry: Explanation = {
  guarantee: 'instances-agree',
  definition:
    'No instance responds to the same session differently from the others, reproducibly: refusals, errors, ' +
    'attributes of cookies. Each ordered pair of instances is judged: the instance that logged in, wrote last ' +
    'or gave the page, and the instance that serves. SKEW: one pair gives a response more often than chance ' +
    'explains, and others do not, while the same session lives elsewhere; or two instances set the cookie in ' +
    'different ways. One slow or overloaded response, or a conflict, is not a difference. A session that only ' +
    'its own instance knows is LOSS. Clocks that are certainly more than 2 s apart are reported with their ' +
    'offset. Under the claim `strict` they are SKEW too.',
  picture: `
  1  read           ├──┤              on app-1   200, with a form
  2  add "b41"            ├──┤        on app-2   403
  3  add "b42"                  ├──┤  on app-1   acknowledged
     page from app-1, posted to app-2: 403 in 50 of 50`,
  causes: [
    'form or CSRF tokens, one-time links or handshakes in the memory of one process: an instance refuses those of another instance (parse-community/parse-dashboard#3015, drakkan/sftpgo#1895)',
    'two versions of the app during a deploy: the new version writes sessions that the old one cannot read (spring-projects/spring-session#280, rails/rails PR#37628)',
    'different configuration on each host: another secret, another cookie domain, another idle timeout',
    'an instance that stays broken after an outage of the store, since it never reconnects (tj/connect-redis#194)',
    'clocks that are not synchronised: each instance expires sessions, tokens and cookies by its own clock (spring-projects/spring-session#1001)',
  ],
  mend: [
    {
      stack: 'every app',
      how: 'load one configuration on all instances from one place; show its hash in the health check',
    },
    {
      stack: 'Express',
      how: 'sign CSRF tokens or keep them in the session (csrf-csrf), never in a module variable',
    },
    {
      stack: 'Spring',
      how: 'use a session serialization that both versions read; deploy the reader first, then the writer',
    },
    { stack: 'Rails', how: 'set cookies_serializer :hybrid while two versions run' },
    { stack: 'operations', how: 'run chrony, or the time service of the cloud, on every host' },
  ],
  standards: [],
};
