/**
 * Steady load for as long as instances are replaced: start it, then deploy. The summary tells how many sessions
 * survived, the longest time that a user got no answer, and how many had to log in again.
 */
import { counted, grouped } from '../verify/core/check.ts';
import { accountOf } from './lib/accounts.ts';
import { GAP, RELOGINS } from './lib/figures.ts';
import { script } from './lib/script.ts';
import { Session } from './lib/session.ts';
import { hop, think } from './lib/steps.ts';

const { options, setup, iteration, warmUp, teardown, handleSummary } = script({
  name: 'deploy',
  defaults: { duration: '5m', users: 20, think: [0.05, 0.3], budget: 5000, window: 'gap' },
  begin: vu => new Session(vu, accountOf(vu.app.accounts, vu.number)),
  iterate(session) {
    hop(session);
    think(session);
  },
  tell({ metrics }) {
    const value = (metric: string, name: string): number => metrics?.[metric]?.values[name] ?? 0;
    const [sessions, lost] = [value('baton_sessions', 'count'), value('baton_sessions_lost', 'count')];
    const gap = value(GAP, 'max');
    const told = gap === 0 ? 'no user waited for it' : `longest gap of a user ${grouped(Math.round(gap))} ms`;
    return [
      `deploy: ${grouped(sessions - lost)} of ${counted(sessions, 'session')} survived; ${told}; ` +
        `${grouped(value(RELOGINS, 'count'))} forced to log in again`,
    ];
  },
});

export { handleSummary, options, setup, teardown, warmUp };
export default iteration;
