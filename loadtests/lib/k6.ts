/**
 * The module `baton-verify/k6` (docs/k6.md). `session(run)` sends requests as `http` does, and Baton's judge checks
 * each response.
 */
import exec from 'k6/execution';
import { accountOf, newcomer, type PoolAccount, poolOf } from '../../verify/core/response/accounts.ts';
import { ERRORS, thresholdsOf } from '../../verify/core/sums/figures.ts';
import { resultOf } from '../../verify/core/sums/result.ts';
import { html } from '../../verify/reports/html.ts';
import { junit } from '../../verify/reports/junit.ts';
import { k6Summary, type SummaryData } from '../../verify/reports/k6-summary.ts';
import { terminal } from '../../verify/reports/terminal.ts';
import type { App } from '../target/app.ts';
import { Session } from '../target/session.ts';
import { add, addNothing } from './metrics.ts';
import { firstLines, lastLines, makeRun, type Shared, writeLine } from './run.ts';
import { type JudgeOptions, type Settings, settingsOf } from './settings.ts';
import { VirtualUser } from './virtual-user.ts';

export type { PoolAccount as Account } from '../../verify/core/response/accounts.ts';
export type { SummaryData } from '../../verify/reports/k6-summary.ts';
export type { App } from '../target/app.ts';
export type { Session } from '../target/session.ts';
export type { Response } from './client.ts';

/** State of a run, which setup() must return. All iterations share it. */
export type { Shared as Run };

export interface Verified {
  /** The app under load, from the variable TARGET. By default the bundled web shop. */
  target: App;
  /** Number of accounts in the target file. */
  accounts: number;
  /** Value for `options.thresholds`. All thresholds pass if, and only if, every claimed guarantee holds. */
  thresholds: Record<string, string[]>;
  /** Starts the run. Call this in setup(). */
  start(): Shared;
  /** Writes the end of the history. Call this in teardown(). */
  end(run: Shared): void;
  /**
   * Returns the session of a user, the same object in every iteration of a virtual user.
   * @param user number of an account, from 1 on; name of a user that the script itself logs in, as pages show it; or
   * an account from `newcomer`. Default: the number of the virtual user
   */
  session(run: Shared, user?: number | string | PoolAccount): Session;
  /** Returns a new account, which the script must register. */
  newcomer(run: Shared): PoolAccount;
  /** Wraps the function of an iteration. Each exception increments `baton_script_errors`. */
  guarded(iteration: (run: Shared) => void): (run: Shared) => void;
  /**
   * Returns k6's summary and the verdict. Call this in handleSummary().
   * @param lines printed between the summary and the verdict
   */
  summary(data: SummaryData, lines?: readonly string[]): Record<string, string>;
}

/**
 * Guarantees that a user's own script claims by default: every script gives evidence for them. The thresholds also fail
 * the run if a page shows another user's data (`baton_bleed`) or an old value (`baton_stale`, `baton_back`).
 */
const OWN = {
  judge: { claims: ['continuity', 'routing', 'availability'] },
  thresholds: { baton_bleed: ['count==0'], baton_stale: ['count==0'], baton_back: ['count==0'] },
};

/**
 * Returns the functions that judge the sessions of a script.
 * @param script name of a script in loadtests/; undefined for a user's own script
 * @throws Error if an environment variable is wrong
 */
export function verified(script?: string, judge: JudgeOptions = {}): Verified {
  const own = script === undefined ? OWN : undefined;
  const settings = settingsOf(__ENV, script ?? 'yours', { ...own?.judge, ...judge });
  let newcomers = 0;
  return {
    target: settings.app,
    accounts: poolOf(settings.app.accounts),
    thresholds: { ...thresholdsOf(settings.judged, settings.instances), ...own?.thresholds },
    start() {
      const run = makeRun(settings, __ENV);
      addNothing();
      if (settings.history) firstLines(run, settings).forEach(writeLine);
      return run;
    },
    end(run) {
      if (settings.history) lastLines(run, settings).forEach(writeLine);
    },
    session: sessionsOf(settings),
    newcomer: run => newcomer(run.run.canary, exec.vu.idInTest, ++newcomers),
    guarded: iteration => run => {
      try {
        iteration(run);
      } catch (error) {
        add(ERRORS, 1);
        throw error;
      }
    },
    summary: (data, lines) => summaryOf(settings, data, lines),
  };
}

/** Returns the function `session` of one virtual user. Each virtual user has its own copy of this module. */
function sessionsOf(settings: Settings): Verified['session'] {
  let vu: VirtualUser | undefined;
  const sessions = new Map<number | string, Session>();
  return (run, user = exec.vu.idInTest) => {
    vu ??= new VirtualUser(run, settings, exec.vu.idInTest);
    if (typeof user === 'object') return new Session(vu, user);
    let session = sessions.get(user);
    if (session === undefined) {
      session =
        typeof user === 'number'
          ? new Session(vu, accountOf(settings.app.accounts, user))
          : new Session(vu, vu.named(user), 'script');
      sessions.set(user, session);
    }
    session.enterIteration();
    return session;
  };
}

function summaryOf(
  settings: Settings,
  data: SummaryData,
  lines: readonly string[] = [],
): Record<string, string> {
  const { setup_data: run, metrics, state } = data;
  if (metrics === undefined) return { stdout: NO_METRICS };
  if (run === undefined) return { stdout: 'no iteration ran: setup() failed, see the error above\n' };
  const result = resultOf(data, (run as Shared).run, settings);
  const colour = settings.colour && state?.isStdOutTTY === true;
  const more = lines.map(line => `${line}\n`).join('');
  const stdout = `${k6Summary(data, colour)}\n${more}${terminal(result, { colour, width: 100 })}`;
  const { report } = settings;
  if (report === undefined) return { stdout };
  const source = { result, source: { path: `loadtests/${settings.script}.ts`, claims: {} } };
  return {
    stdout,
    [`${report}.json`]: `${JSON.stringify(result, null, 2)}\n`,
    [`${report}.xml`]: junit(source),
    [`${report}.html`]: html()(source),
  };
}

const NO_METRICS = 'expected k6’s default summary data: run k6 without --new-machine-readable-summary\n';
