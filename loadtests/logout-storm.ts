/**
 * Everybody logs out at once, again and again, half of them with a page still loading; then the old cookies are tried
 * on every instance. A logout that one instance never heard of, or that a late write undoes, shows here.
 */
import { sleep } from 'k6';
import exec from 'k6/execution';
import { accountOf } from './lib/accounts.ts';
import { script } from './lib/script.ts';
import { Session } from './lib/session.ts';
import { hop } from './lib/steps.ts';

/** Seconds from one storm to the next. */
const PERIOD = 4;
/** Requests before the storm, so that every instance knows the session; and with its cookie afterwards. */
const REQUESTS = 12;
const REPLAYS = 6;

const { options, setup, iteration, warmUp, teardown, handleSummary } = script({
  name: 'logout-storm',
  defaults: { duration: '60s', users: 20, logouts: true },
  begin: vu => new Session(vu, accountOf(vu.app.accounts, vu.number)),
  iterate(session) {
    const { app, number } = session.vu;
    if (!session.login()) return;
    for (let i = 0; i < REQUESTS && session.alive; i++) hop(session);
    const elapsed = (Date.now() - exec.scenario.startTime) / 1000;
    sleep(PERIOD - (elapsed % PERIOD));
    if (session.alive && app.logout !== undefined) session.logout(app.logout, number % 2 === 1, REPLAYS);
  },
});

export { handleSummary, options, setup, teardown, warmUp };
export default iteration;
