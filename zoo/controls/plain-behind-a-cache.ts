import type { Control } from '../entry.ts';
import { plainDoneRight } from './plain-done-right.ts';

export const plainBehindACache: Control = {
  kind: 'control',
  name: 'plain-behind-a-cache',
  sound:
    'A cache before the balancer stores no page, and reports that with `Age: 0` and `X-Cache: MISS, HIT-FOR-PASS`. The app requires a second cookie beside the session cookie: `logged_in=1`, the same for every user. One read with a changed cookie gets a 504 from a gateway, so availability is not claimed.',
  deployment: {
    host: 'plain',
    program: new URL('./plain-behind-a-cache.server.ts', import.meta.url),
    nginx: {
      server: `
    add_header Age 0 always;
    add_header X-Cache "MISS, HIT-FOR-PASS" always;`,
    },
  },
  target: {
    claims: [plainDoneRight.target?.['claims']].flat().filter(claim => claim !== 'availability'),
  },
};
