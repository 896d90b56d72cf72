/**
 * Log in once, hammer the dashboard across instances: `k6 run loadtests/dashboard.ts` (docs/k6.md).
 *
 * Every response is judged by the verifier's own core: signed in, as itself, with its own canaries and nobody else's,
 * its basket never older than what it wrote, by which instance.
 */
import { accountOf } from './lib/accounts.ts';
import { script } from './lib/script.ts';
import { Session } from './lib/session.ts';
import { hop, think } from './lib/steps.ts';

const { options, setup, iteration, warmUp, teardown, handleSummary } = script({
  name: 'dashboard',
  begin: vu => new Session(vu, accountOf(vu.app.accounts, vu.number)),
  warmUp: hop,
  iterate(session) {
    hop(session);
    think(session);
  },
});

export { handleSummary, options, setup, teardown, warmUp };
export default iteration;
