import type { Explanation } from './explanation.ts';

export const entry: Explanation = {
  guarantee: 'instances-agree',
  definition:
    'No instance answers the same session differently from the others, reproducibly: refusals, errors, the ' +
    'attributes of cookies. Judged over every ordered pair of the instance that logged in, wrote ' +
    'last or gave the page, and the instance that serves. SKEW: one pair answers so often in a way in which ' +
    'others do not that it is no chance, while the same session lives elsewhere; or two instances set the ' +
    'cookie in different ways. One slow or overloaded answer, or a conflict, is no difference; a session that only ' +
    'its own instance knows is LOSS. Clocks that are certainly more than 2 s apart are reported with their offset; ' +
    'under the claim `strict` they are SKEW too.',
  picture: `
  1  read           ├──┤              on app-1   200, with a form
  2  add "b41"            ├──┤        on app-2   403
  3  add "b42"                  ├──┤  on app-1   acknowledged
     page from app-1, posted to app-2: 403 in 50 of 50`,
  causes: [
    'form or CSRF tokens, one-time links or handshakes kept in the memory of one process: what another instance gave is refused (parse-community/parse-dashboard#3015, drakkan/sftpgo#1895)',
    'two versions of the app during a deploy: the new one writes sessions that the old one cannot read (spring-projects/spring-session#280, rails/rails PR#37628)',
    'configuration per host: another secret, another cookie domain, another idle time',
    'an instance that stays broken after the store was away, since it never reconnects (tj/connect-redis#194)',
    'clocks that are not synchronised: sessions, tokens and cookies expire by the clock of whoever looks (spring-projects/spring-session#1001)',
  ],
  mend: [
    {
      stack: 'every app',
      how: 'one configuration for all instances, from one place; show a hash of it at the health check',
    },
    {
      stack: 'Express',
      how: 'CSRF tokens that are signed or kept in the session (csrf-csrf), never in a module variable',
    },
    {
      stack: 'Spring',
      how: 'a session serialization that both versions read; deploy the reader first, then the writer',
    },
    { stack: 'Rails', how: 'cookies_serializer :hybrid while two versions run' },
    { stack: 'operations', how: 'chrony or the time service of the cloud on every host' },
  ],
  standards: [],
};
