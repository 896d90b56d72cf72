/** Environment → what a script is to do. Nothing else in loadtests/ reads __ENV. */
import { COMMAND } from '../../verify/core/command.ts';
import type { Accounts } from './accounts.ts';
import { type App, appOf } from './app.ts';
import { type Judged, judgedBy, type WindowBudget } from './figures.ts';

export interface Settings {
  /** Name of the script. */
  script: string;
  app: App;
  judged: Judged;
  url: string;
  /** Virtual users, each with one request in flight. */
  users: number;
  /** Iterations started a second, whatever the answers take; absent: as the script has it. */
  rate: number | undefined;
  /** As k6 takes it: 30s, 5m. */
  duration: string;
  /** Names of the instances that must serve. Others are counted together, so that tags stay bounded. */
  instances: string[];
  /** Names of the cookies that carry the session. */
  cookies: readonly string[];
  /** Pause between two requests of a user, seconds: from the one to the other. */
  think: readonly [least: number, most: number];
  /** What the script's own question is measured by, milliseconds. */
  budget: number;
  /** A long pause, just under the session's timeout, seconds; 0: none. */
  idle: number;
  /** Share of requests that may fail. */
  errors: number;
  /** What 95 of 100 responses keep to outside logins, milliseconds; absent: any duration. */
  p95: number | undefined;
  /** Share of the iterations of an arrival rate that may be dropped. */
  dropped: number;
  /** Sessions that a virtual user keeps open, where it keeps several. */
  sessions: number;
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

export type Environment = Readonly<Record<string, string | undefined>>;

/** What a script does when it is not told otherwise. */
export interface Defaults
  extends Partial<Pick<Settings, 'users' | 'rate' | 'duration' | 'think' | 'budget'>> {
  /** `none`: responses may take any time unless P95 limits it, as in a search for the limit. */
  p95?: 'none';
  /** The whole run is one fault window: ERRORS limits its errors, and with `gap` BUDGET the wait of each user. */
  window?: 'errors' | 'gap';
  /** Whether it logs out and asks with the old cookie: then logouts are judged too. */
  logouts?: boolean;
  /** Of what the target claims, what the script can bring evidence for; absent: all. */
  claims?: readonly string[];
}

/** Milliseconds, by default. */
const P95 = 2000;
/** Of requests that may fail and of iterations that may be dropped, by default. */
const SHARE = 0.01;

/** @throws Error saying which variable is wrong, what was expected and what came */
export function settingsOf(
  environment: Environment,
  script = 'dashboard',
  defaults: Defaults = {},
): Settings {
  const text = (name: string, fallback: string): string => environment[name] || fallback;
  const target = appOf(environment['TARGET'], environment);
  const app = { ...target, accounts: accountsOf(environment, target.accounts) };
  const budget = whole(environment, 'BUDGET', 1) ?? defaults.budget ?? 500;
  const errors = share(environment, 'ERRORS');
  return {
    script,
    app,
    judged: judgedBy(
      app.claims.filter(claim => defaults.claims?.includes(claim) ?? true),
      defaults.logouts === true && app.logout !== undefined,
      windowOf(defaults, errors, budget),
    ),
    url: address(text('BASE_URL', app.url)),
    users: whole(environment, environment['USERS'] ? 'USERS' : 'VUS', 1) ?? defaults.users ?? 10,
    rate: whole(environment, 'RATE', 1) ?? defaults.rate,
    duration: duration(text('DURATION', defaults.duration ?? '10s')),
    instances: instancesOf(text('INSTANCES', 'app-1,app-2')),
    cookies: environment['SESSION_COOKIES']?.split(',') ?? app.cookies,
    think: range(environment, 'THINK') ?? defaults.think ?? [0, 0],
    budget,
    idle: range(environment, 'IDLE')?.[1] ?? 0,
    errors,
    p95: whole(environment, 'P95', 1) ?? (defaults.p95 === 'none' ? undefined : P95),
    dropped: share(environment, 'DROPPED'),
    sessions: whole(environment, 'SESSIONS', 1) ?? 20,
    history: on(environment, 'HISTORY'),
    shared: sharedRun(environment),
    uncertainty: 1000 * (whole(environment, 'CLOCK_UNCERTAINTY', 1) ?? 1),
    report: environment['REPORT'] || undefined,
    colour: !on(environment, 'NO_COLOR'),
    seed: whole(environment, 'SEED', 0),
  };
}

const windowOf = ({ window }: Defaults, errors: number, gap: number): WindowBudget | undefined => {
  if (window === undefined) return undefined;
  return window === 'gap' ? { errors, gap } : { errors };
};

/** ACCOUNT, ACCOUNTS and PASSWORD stand in for what the target says. */
function accountsOf(environment: Environment, own: Accounts): Accounts {
  const { ACCOUNT, PASSWORD } = environment;
  const count = whole(environment, 'ACCOUNTS', 1);
  if (!ACCOUNT && count === undefined)
    return PASSWORD ? own.map(account => ({ ...account, password: PASSWORD })) : own;
  const user = ACCOUNT || (own[0]?.user ?? '');
  const password = PASSWORD || (own[0]?.password ?? '');
  if (!user.includes('{n}')) return [{ user, password }];
  return [{ user, password, count: count ?? own[0]?.count ?? 500 }];
}

/** Several k6, on several machines, are one run when they are told its name and its key. */
function sharedRun({ RUN, RUN_KEY }: Environment): Settings['shared'] {
  if (!RUN && !RUN_KEY) return undefined;
  if (/^[\w-]{1,40}$/.test(RUN ?? '') && /^[0-9a-f]{32,}$/.test(RUN_KEY ?? '')) {
    return { run: RUN ?? '', key: RUN_KEY ?? '' };
  }
  throw new Error(
    'RUN and RUN_KEY: expected a name of letters, digits, _ and -, and 32 or more hexadecimal digits, both the same ' +
      `for all k6 of a run, got RUN=${JSON.stringify(RUN ?? '')} and a key of ${(RUN_KEY ?? '').length} characters`,
  );
}

function range(environment: Environment, name: string): [number, number] | undefined {
  const text = environment[name];
  if (!text) return undefined;
  const [, least, most = least] = /^(\d+(?:\.\d+)?)(?:-(\d+(?:\.\d+)?))?$/.exec(text) ?? [];
  const [from, to] = [Number(least), Number(most)];
  if (from <= to) return [from, to];
  throw new Error(
    `${name}: expected seconds such as 1, or from-to such as 0.5-3, got ${JSON.stringify(text)}`,
  );
}

/** A share from 0 to 1. */
function share(environment: Environment, name: string): number {
  const text = environment[name];
  if (!text) return SHARE;
  if (/^\d+(\.\d+)?$/.test(text) && Number(text) <= 1) return Number(text);
  throw new Error(`${name}: expected a share from 0 to 1, such as 0.01, got ${JSON.stringify(text)}`);
}

const on = (environment: Environment, name: string): boolean =>
  !['', '0', 'false'].includes(environment[name] ?? '');

function whole(environment: Environment, name: string, least: number): number | undefined {
  const text = environment[name];
  if (text === undefined || text === '') return undefined;
  if (/^\d{1,15}$/.test(text) && Number(text) >= least) return Number(text);
  throw new Error(`${name}: expected a whole number from ${least} on, got ${JSON.stringify(text)}`);
}

function address(text: string): string {
  if (/^https?:\/\/[^/?#\s]+\/?$/.test(text)) return text.replace(/\/$/, '');
  throw new Error(`BASE_URL: expected an address such as http://127.0.0.1:8080, got ${JSON.stringify(text)}`);
}

function duration(text: string): string {
  if (/^(\d+(\.\d+)?(ms|s|m|h))+$/.test(text)) return text;
  throw new Error(`DURATION: expected a time such as 30s or 5m, got ${JSON.stringify(text)}`);
}

/** The most instances that are told apart: each has series of its own in every output of k6. */
const MOST_INSTANCES = 64;

/** A list of names, or a number of instances that are called app-1, app-2 … */
function instancesOf(text: string): string[] {
  const count = /^\d{1,4}$/.test(text) ? Number(text) : undefined;
  const names =
    count === undefined
      ? text.split(',').map(name => name.trim())
      : Array.from({ length: count }, (_, i) => `app-${i + 1}`);
  // A threshold names a tag as metric{tag:value}, so these characters would end it.
  const good = names.every(name => /^[\w.-]+$/.test(name)) && new Set(names).size === names.length;
  if (good && names.length > 0 && names.length <= MOST_INSTANCES) return names;
  throw new Error(
    `INSTANCES: expected the names of 1 to ${MOST_INSTANCES} different instances (letters, digits, . _ -), ` +
      `as in app-1,app-2, or a number, got ${JSON.stringify(text)}`,
  );
}

/** @param text such as 1m30s @returns seconds */
export function seconds(text: string): number {
  const units: Record<string, number> = { ms: 0.001, s: 1, m: 60, h: 3600 };
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)];
  return parts.reduce((sum, [, number, unit = '']) => sum + Number(number) * (units[unit] ?? 0), 0);
}

/** The environment that draws the same plan again, for the command of a report. */
export function replayOf(settings: Settings, seed: number): string {
  const { script, app, rate, users, duration, url, instances } = settings;
  const standard = settingsOf({}, script);
  const given: [string, string | number, boolean][] = [
    ['TARGET', `"$(${COMMAND} k6 …)"`, app.name !== standard.app.name],
    ['BASE_URL', url, url !== app.url],
    ['USERS', users, users !== standard.users],
    ['RATE', rate ?? '', rate !== standard.rate],
    ['DURATION', duration, duration !== standard.duration],
    ['INSTANCES', instances.join(','), instances.join() !== standard.instances.join()],
    ['ACCOUNT', app.accounts[0]?.user ?? '', app.accounts[0]?.user !== standard.app.accounts[0]?.user],
  ];
  const shown = given.filter(([, , differs]) => differs).map(([name, value]) => `${name}=${value} `);
  return `${shown.join('')}SEED=${seed} k6 run loadtests/${script}.ts`;
}
