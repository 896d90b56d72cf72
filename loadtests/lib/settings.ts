/** Reads the settings of Baton's judge from environment variables. */
import { type Judged, judgedBy, type WindowBudget } from '../../verify/core/sums/figures.ts';
import type { ScriptSettings } from '../../verify/core/sums/result.ts';
import { type App, appOf } from '../target/app.ts';
import { address, type Environment, instancesOf, isOn, whole } from '../target/environment.ts';

export interface Settings extends ScriptSettings {
  app: App;
  url: string;
  /** Names of the cookies that carry the session. */
  cookies: readonly string[];
  /** True to print each operation to the console, as a line of the history. */
  history: boolean;
  /** Name of a run of several k6 processes, and the key of the hashes that replace session ids in its history. */
  shared: { run: string; key: string } | undefined;
  /** Maximum error of this machine's clock, microseconds. */
  uncertainty: number;
  /** Prefix of the names of report files. */
  report: string | undefined;
  colour: boolean;
  seed: number | undefined;
}

/** Describes what a script does. By default, the judge expects no logouts and no faults. */
export interface JudgeOptions {
  /** True if the script logs out and then replays the old cookie. */
  logouts?: boolean;
  /** Limits of errors and waits in a run that counts as one fault, such as a deploy. */
  window?: WindowBudget;
  /** Names of the guarantees for which the script gives evidence; by default, all that the target claims. */
  claims?: readonly string[];
}

/**
 * Returns the settings of Baton's judge.
 * @throws Error with the name of the wrong variable, the expected and the actual value
 */
export function settingsOf(
  environment: Environment,
  script = 'dashboard',
  { logouts = false, window, claims }: JudgeOptions = {},
): Settings {
  const app = appOf(environment);
  const claimed = app.claims.filter(claim => claims?.includes(claim) ?? true);
  const judged: Judged = judgedBy(claimed, logouts && app.logout !== undefined, window);
  return {
    script,
    app,
    judged,
    url: address(environment['BASE_URL'] || app.url),
    instances: instancesOf(environment['INSTANCES'] || 'app-1,app-2'),
    cookies: environment['SESSION_COOKIES']?.split(',') ?? app.cookies,
    history: isOn(environment, 'HISTORY'),
    shared: sharedRun(environment),
    uncertainty: 1000 * (whole(environment, 'CLOCK_UNCERTAINTY', 1) ?? 1),
    report: environment['REPORT'] || undefined,
    colour: !isOn(environment, 'NO_COLOR'),
    seed: whole(environment, 'SEED', 0),
  };
}

/** RUN and RUN_KEY must be equal in all k6 processes of a shared run. */
function sharedRun({ RUN = '', RUN_KEY = '' }: Environment): Settings['shared'] {
  if (RUN === '' && RUN_KEY === '') return undefined;
  if (/^[\w-]{1,40}$/.test(RUN) && /^[0-9a-f]{32,}$/.test(RUN_KEY)) return { run: RUN, key: RUN_KEY };
  throw new Error(
    'RUN and RUN_KEY: expected a name of letters, digits, _ and -, and a key of 32 or more hexadecimal digits, both ' +
      `equal in all k6 processes of a run, got RUN=${JSON.stringify(RUN)} and a key of ${RUN_KEY.length} characters`,
  );
}
