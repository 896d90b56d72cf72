/**
 * Hours of quiet use: people who think, and now and then rest for so long that their session nearly times out. Told in
 * four parts, so that errors and answers that slowly grow can be seen.
 */
import { sleep } from 'k6';
import { accountOf } from './lib/accounts.ts';
import { equalParts } from './lib/parts.ts';
import { script } from './lib/script.ts';
import { Session } from './lib/session.ts';
import { seconds } from './lib/settings.ts';
import { hop, think } from './lib/steps.ts';
import { partLines } from './lib/summary.ts';

/** One pause in so many is a long one. */
const SELDOM = 20;

const { options, setup, iteration, warmUp, teardown, handleSummary } = script({
  name: 'soak',
  defaults: { duration: '2h', think: [1, 10], window: 'errors' },
  parts: ({ duration }) => equalParts(4, seconds(duration)),
  begin: vu => new Session(vu, accountOf(vu.app.accounts, vu.number)),
  iterate(session) {
    hop(session);
    const { random, settings } = session.vu;
    if (settings.idle > 0 && random.below(SELDOM) === 0) sleep(settings.idle);
    else think(session);
  },
  tell: (data, { duration }) => partLines(data, equalParts(4, seconds(duration)), 'part'),
});

export { handleSummary, options, setup, teardown, warmUp };
export default iteration;
