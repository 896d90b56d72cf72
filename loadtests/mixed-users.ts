/**
 * Thousands of users, few of them busy at a time: each virtual user keeps many sessions open and goes from one to the
 * other, so that whatever is kept per process or per connection has a chance to show one user what is another's.
 */
import { accountOf, poolOf } from './lib/accounts.ts';
import { script } from './lib/script.ts';
import { Session } from './lib/session.ts';
import { hop, think } from './lib/steps.ts';

/** A login now and then, while the others go on. */
const BETWEEN = 4;

interface Crowd {
  sessions: Session[];
  /** How many of them have begun. */
  begun: number;
  iterations: number;
}

const { options, setup, iteration, warmUp, teardown, handleSummary } = script<Crowd>({
  name: 'mixed-users',
  defaults: { duration: '2m' },
  begin(vu) {
    const { settings, app } = vu;
    // Every account belongs to one virtual user, as long as there are enough of them.
    const own = Math.ceil((poolOf(app.accounts) - vu.number + 1) / settings.users);
    const sessions = Array.from(
      { length: Math.max(1, Math.min(own, settings.sessions)) },
      (_, i) => new Session(vu, accountOf(app.accounts, vu.number + i * settings.users)),
    );
    return { sessions, begun: 0, iterations: 0 };
  },
  iterate(crowd) {
    const { sessions } = crowd;
    const another = crowd.begun < sessions.length && crowd.iterations++ % BETWEEN === 0;
    const index = another ? crowd.begun++ : (sessions[0]?.vu.random.below(crowd.begun) ?? 0);
    const session = sessions[index] as Session;
    hop(session);
    think(session);
  },
});

export { handleSummary, options, setup, teardown, warmUp };
export default iteration;
