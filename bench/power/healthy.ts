/** Lists the random changes that leave an app correct. */
import { type Act, BOTH, PLACES, PLAIN, USUAL } from './act.ts';

/** Changes that look odd, but leave the app correct. */
export const HEALTHY: Readonly<Record<string, Act>> = {
  'wait-to-save': {
    does: 'takes `ms` to save, and then acknowledges',
    hosts: BOTH,
    whens: USUAL,
    ms: [5, 200],
  },
  'wait-to-load': { does: 'takes `ms` to load a session', hosts: BOTH, whens: USUAL, ms: [5, 200] },
  'save-twice': { does: 'saves twice before it acknowledges', hosts: BOTH, whens: USUAL },
  'copy-with-version': {
    does: 'reads a session from its own copy, if that equals the session in the store',
    hosts: BOTH,
    whens: USUAL,
  },
  'late-renewal': {
    does: 'renews a session `ms` after the response',
    hosts: BOTH,
    whens: USUAL,
    ms: [5, 500],
  },
  'delete-again': {
    does: 'deletes a session again `ms` after its logout',
    hosts: BOTH,
    whens: USUAL,
    ms: [5, 3_000],
  },
  compress: { does: 'compresses a page', hosts: BOTH, whens: USUAL },
  revalidate: {
    does: 'lets browsers keep a page, and answers 304 if it has not changed',
    hosts: PLAIN,
    whens: USUAL,
  },
  'set-again': { does: 'sets the same session cookie again', hosts: PLAIN, whens: USUAL },
  'other-cookies': { does: 'sets a second cookie that means nothing', hosts: BOTH, whens: USUAL },
  'try-again': { does: 'refuses a write with status 409 before it has an effect', hosts: BOTH, whens: USUAL },
  'absorb-repetition': {
    does: 'cuts the connection after a write, and responds without an effect if the balancer repeats the write',
    hosts: PLAIN,
    whens: PLACES,
  },
  'refuse-head': {
    does: 'refuses the method HEAD with status 405',
    hosts: BOTH,
    whens: ['head'],
    conditional: true,
  },
  'close-connection': { does: 'closes the connection after the response', hosts: BOTH, whens: USUAL },
  'refuse-size': {
    does: 'responds with 500 to a save of a session that is too large, and saves nothing',
    hosts: PLAIN,
    whens: ['large'],
    conditional: true,
  },
};
