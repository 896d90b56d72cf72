/** Environment → what a script is to do. Nothing else in loadtests/ reads __ENV. */
import type { Options } from 'k6/options';

export interface Settings {
  url: string;
  /** Virtual users, each with one session and one request in flight. */
  users: number;
  /** Iterations started a second, whatever the answers take; absent: each user goes on when it has its answer. */
  rate: number | undefined;
  /** As k6 takes it: 30s, 5m. */
  duration: string;
  /** Names of the instances that must serve. Others are counted together, so that tags stay bounded. */
  instances: string[];
  /** User name; {n} stands for 1 to `accounts`. */
  account: string;
  accounts: number;
  password: string;
  /** Names of the cookies that carry the session. */
  cookies: string[];
  /** Write each operation to the console, as a line of a history. */
  history: boolean;
  colour: boolean;
  seed: number | undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** @throws Error saying which variable is wrong, what was expected and what came */
export function settingsOf(environment: Environment): Settings {
  const text = (name: string, fallback: string): string => environment[name] || fallback;
  const account = text('ACCOUNT', 'user{n}@example.test');
  return {
    url: address(text('BASE_URL', 'http://127.0.0.1:8080')),
    users: whole(environment, environment['USERS'] ? 'USERS' : 'VUS', 1) ?? 10,
    rate: whole(environment, 'RATE', 1),
    duration: duration(text('DURATION', '10s')),
    instances: instancesOf(text('INSTANCES', 'app-1,app-2')),
    account,
    accounts: account.includes('{n}') ? (whole(environment, 'ACCOUNTS', 1) ?? 500) : 1,
    password: text('PASSWORD', 'correct-horse-battery'),
    cookies: text('SESSION_COOKIES', 'sid,__Host-sid').split(','),
    history: on(environment, 'HISTORY'),
    colour: !on(environment, 'NO_COLOR'),
    seed: whole(environment, 'SEED', 0),
  };
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

/** The environment that draws the same plan again, for the command of a report. */
export function replayOf(settings: Settings, seed: number): string {
  const { rate, users, duration, url, account, instances } = settings;
  const standard = settingsOf({});
  const given: [string, string | number, boolean][] = [
    ['BASE_URL', url, url !== standard.url],
    ['USERS', users, users !== standard.users],
    ['RATE', rate ?? '', rate !== undefined],
    ['DURATION', duration, duration !== standard.duration],
    ['INSTANCES', instances.join(','), instances.join() !== standard.instances.join()],
    ['ACCOUNT', account, account !== standard.account],
  ];
  const shown = given.filter(([, , differs]) => differs).map(([name, value]) => `${name}=${value} `);
  return `${shown.join('')}SEED=${seed} k6 run loadtests/dashboard.ts`;
}

/** How k6 spreads the iterations: its own --vus and --duration override these. */
export function loadOf({ users, rate, duration }: Settings): Options {
  if (rate === undefined) return { vus: users, duration };
  const executor = 'constant-arrival-rate';
  return { scenarios: { dashboard: { executor, rate, duration, preAllocatedVUs: users, maxVUs: users } } };
}
