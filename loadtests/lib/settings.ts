/** Reads from the environment what judging needs. The load of a script has settings of its own (shared/load.ts). */
import { type Judged, judgedBy, type WindowBudget } from '../../verify/core/sums/figures.ts';
import type { Judging } from '../../verify/core/sums/result.ts';
import { type App, appOf } from '../target/app.ts';
import { address, type Environment, instancesOf, isOn, whole } from '../target/environment.ts';

export interface Settings extends Judging {
  app: App;
  url: string;
  /** Names of the cookies that carry the session. */
  cookies: readonly string[];
  /** Write each operation to the console, as a line of a history. */
  history: boolean;
  /** Name of the run, and key of its labels, where several k6 share one run. */
  shared: { run: string; key: string } | undefined;
  /** How far this machine's clock may be off, microseconds. */
  uncertainty: number;
  /** Beginning of the names of report files. */
  report: string | undefined;
  colour: boolean;
  seed: number | undefined;
}

/** How a script is judged beyond the guarantees that every session is held to. */
export interface JudgeOptions {
  /** The script logs out and sends requests with the old cookie, so logouts are judged too. */
  logouts?: boolean;
  /** The whole run is one fault window with this budget, as in a deploy. */
  window?: WindowBudget;
  /** Of the claims of the target, those that the script can bring evidence for; absent: all. */
  claims?: readonly string[];
}

/** @throws Error naming the variable that is wrong, what was expected and what came */
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

/** Several k6, on several machines, are one run when all have its name and its key. */
function sharedRun({ RUN = '', RUN_KEY = '' }: Environment): Settings['shared'] {
  if (RUN === '' && RUN_KEY === '') return undefined;
  if (/^[\w-]{1,40}$/.test(RUN) && /^[0-9a-f]{32,}$/.test(RUN_KEY)) return { run: RUN, key: RUN_KEY };
  throw new Error(
    'RUN and RUN_KEY: expected a name of letters, digits, _ and -, and 32 or more hexadecimal digits, both the same ' +
      `for all k6 of a run, got RUN=${JSON.stringify(RUN)} and a key of ${RUN_KEY.length} characters`,
  );
}

/** The variables that a command shows which draws the same plan again. */
const SHOWN = ['BASE_URL', 'USERS', 'VUS', 'RATE', 'DURATION', 'INSTANCES', 'ACCOUNT', 'SESSIONS', 'THINK'];

/** @returns the command that draws the same plan again; passwords are left out */
export function replayOf(environment: Environment, script: string, seed: number): string {
  const shown = SHOWN.filter(name => environment[name]).map(name => `${name}=${environment[name]} `);
  const target = environment['TARGET'] ? 'TARGET="$(npx baton-verify k6 …)" ' : '';
  return `${target}${shown.join('')}SEED=${seed} k6 run loadtests/${script}.ts`;
}
