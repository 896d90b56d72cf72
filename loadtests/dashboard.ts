/**
 * Log in once, hammer the dashboard across instances: `k6 run loadtests/dashboard.ts` (docs/k6.md).
 *
 * Every response is judged by the verifier's own core: signed in, as itself, with its own canaries and nobody else's,
 * its basket never older than what it wrote, by which instance.
 */
import exec from 'k6/execution';
import type { Options } from 'k6/options';
import { CARD_STORE } from './lib/card-store.ts';
import { ERRORS, thresholdsOf } from './lib/figures.ts';
import { add, addNothing } from './lib/metrics.ts';
import { firstLines, lastLine, makeRun, type Shared, writeLine } from './lib/run.ts';
import { VirtualUser } from './lib/session.ts';
import { loadOf, settingsOf } from './lib/settings.ts';
import { type SummaryData, summaryText } from './lib/summary.ts';

const settings = settingsOf(__ENV);

export const options: Options = {
  ...loadOf(settings),
  // The jar is replaced at each iteration otherwise, and the session with it.
  noCookiesReset: true,
  // A redirect to the login is the finding: following it would hide which instance gave it.
  maxRedirects: 0,
  thresholds: thresholdsOf(settings.instances),
};

export function setup(): Shared {
  const shared = makeRun(settings);
  addNothing();
  if (settings.history) firstLines(shared).forEach(writeLine);
  return shared;
}

/** Each virtual user has a copy of this module, so this is its own. */
let user: VirtualUser | undefined;

export default function (shared: Shared): void {
  try {
    user ??= new VirtualUser(CARD_STORE, shared, settings, exec.vu.idInTest);
    user.iterate();
  } catch (error) {
    add(ERRORS, 1);
    throw error;
  }
}

export function teardown(shared: Shared): void {
  if (settings.history) writeLine(lastLine(shared));
}

/** Runs in a context of its own, which knows nothing but the metrics and what setup() returned. */
export function handleSummary(data: SummaryData): Record<string, string> {
  const shared = data.setup_data as Shared | undefined;
  const colour = settings.colour && data.state?.isStdOutTTY === true;
  return { stdout: summaryText(data, shared?.run, { instances: settings.instances, colour }) };
}
