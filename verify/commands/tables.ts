/** One table per command: its options are parsed, listed by --help and documented in docs/commands.md from here. */
import { COMMAND } from '../core/command.ts';
import { REPORTS } from '../reports/index.ts';

/** The target file when none is named. */
export const TARGET = 'baton.yaml';

export interface Option {
  readonly type: 'string' | 'boolean';
  readonly multiple?: true;
  readonly default?: string | boolean;
  /** What stands for its value, such as FILE. */
  readonly value?: string;
  readonly does: string;
}

export interface Table {
  /** The words after the command. */
  readonly words: string;
  /** How many there may be at most. */
  readonly most: number;
  readonly does: string;
  /** The page of docs/ that says more. */
  readonly page?: string;
  readonly options: Readonly<Record<string, Option>>;
}

const JSON_OUT = {
  type: 'boolean',
  default: false,
  does: 'prints the whole result as JSON (docs/result.schema.json)',
} as const;
const QUIET = { type: 'boolean', default: false, does: 'prints no progress on stderr' } as const;
const BRIEF = {
  type: 'boolean',
  default: false,
  does: 'prints one screen: what is wrong, one proof, the verdict',
} as const;
const OUT = {
  type: 'string',
  value: 'DIR',
  default: 'runs',
  does: 'keeps histories and results there',
} as const;
const SEED = {
  type: 'string',
  value: 'N',
  does: 'draws the same plan again; random when absent, and printed',
} as const;

const LOAD = {
  sessions: {
    type: 'string',
    value: 'N',
    default: '32',
    does: 'sessions at once, each with one request in flight',
  },
  duration: { type: 'string', value: 'TIME', default: '10s', does: 'length of the load: 10, 10s, 2m' },
  seed: SEED,
  out: OUT,
} as const;

const STACK = {
  stack: {
    type: 'string',
    value: 'local|compose',
    does: 'starts the bundled card store first (local: Redis, nginx, two instances; compose: the same in containers), and stops it afterwards',
  },
  claims: {
    type: 'string',
    value: 'NAMES',
    does: 'guarantees or sets that are claimed instead of those of the file, comma-separated',
  },
  faults: {
    type: 'string',
    value: 'F',
    does: 'disturbs the stack under load: deploy (rolling restart, replace the oldest, scale out, scale in), all, how many to draw, or names such as rolling-restart,store-restart; without --stack, what the target file names under faults (docs/faults.md)',
  },
} as const;

const PROFILE = {
  profile: {
    type: 'string',
    value: 'NAME',
    does: 'balancer and group behave as seed, classic-elb, alb or nginx: health checks, draining, responses to failures; what crashes is replaced (docs/fleet.md)',
  },
  speedup: { type: 'string', value: 'N', does: 'divides all times of the profile' },
} as const;

const JUDGED = {
  baseline: {
    type: 'string',
    value: 'FILE',
    does: 'compares with it: what is claimed and got worse fails, whatever the verdict (docs/compare.md)',
  },
  'update-baseline': {
    type: 'boolean',
    default: false,
    does: 'writes the baseline anew from this run, if it is valid',
  },
  json: JSON_OUT,
  report: {
    type: 'string',
    multiple: true,
    value: 'FORMAT=FILE',
    does: `writes a report too; may be repeated; FORMAT is one of ${Object.keys(REPORTS).join(', ')}; FILE - is stdout (docs/reports.md)`,
  },
  brief: BRIEF,
} as const;

const verify = {
  words: '[TARGET]',
  most: 1,
  does: `drives a running system as its target file says (${TARGET} when absent), and judges what was recorded; the word verify may be left out before a target file`,
  page: 'target-file.md',
  options: {
    ...STACK,
    instances: { type: 'string', value: 'N', default: '2', does: 'instances of that stack' },
    ...PROFILE,
    sticky: {
      type: 'string',
      value: 'MODE',
      does: 'the balancer of that stack keeps clients on one instance: none, duration, duration=SECONDS, application, hash (docs/sticky.md)',
    },
    ...LOAD,
    workload: {
      type: 'string',
      value: 'NAMES',
      does: 'hop, burst, logout-race, interleave, fixation, cold-burst, audit, idle, comma-separated; those that the claims need when absent (docs/workloads.md)',
    },
    'sticky-report': {
      type: 'boolean',
      default: false,
      does: "runs the same load with the balancer's cookie kept, dropped, swapped before each request, and lost once: can stickiness be turned off, and what breaks? (docs/sticky.md)",
    },
    next: {
      type: 'string',
      value: 'NAME=VALUE',
      does: 'what the next version has in its environment, comma-separated, for the fault rolling-deploy',
    },
    url: {
      type: 'string',
      value: 'URL',
      does: "where the target is, instead of what its file says; without a path of its own, under the path of the file's url",
    },
    logs: {
      type: 'string',
      value: 'DIR|FILE,…',
      does: "logs that say which instance served: balancer/access.log, instances/NAME.log (docs/compose.md), or a balancer's access log and those of instances, NAME=FILE (docs/target-file.md)",
    },
    'print-target': {
      type: 'boolean',
      default: false,
      does: 'prints how the target file is understood, without secrets, and sends nothing',
    },
    k6: {
      type: 'boolean',
      default: false,
      does: 'with --stack: a second load afterwards by k6, where that is installed; its verdict counts (docs/k6.md)',
    },
    ...JUDGED,
    quiet: QUIET,
  },
} as const satisfies Table;

const init = {
  words: 'URL',
  most: 1,
  does: 'finds out what a target file must say of an app, writes it, and proves it by a short run',
  page: 'init.md',
  options: {
    user: {
      type: 'string',
      multiple: true,
      value: 'NAME',
      does: 'an account that may log in; give two, so that isolation can be judged',
    },
    'password-env': {
      type: 'string',
      multiple: true,
      value: 'VAR',
      does: 'the variable that holds its password, in the same order; one for all accounts when there is one',
    },
    'totp-env': {
      type: 'string',
      multiple: true,
      value: 'VAR',
      does: 'the variable that holds the secret of its one-time codes, in the same order',
    },
    ca: {
      type: 'string',
      value: 'FILE',
      does: 'the certificates of your own authority, PEM, where the address is https; the target file names it',
    },
    as: {
      type: 'string',
      value: 'NAME',
      does: 'what to look for first: django, laravel, rails-devise, spring-security, aspnet-identity, wordpress, express-passport, flask-login',
    },
    'login-page': { type: 'string', value: 'PATH', does: 'where the login form is; found when absent' },
    'login-path': {
      type: 'string',
      value: 'PATH',
      does: 'where an app that renders in the browser posts its login, with --login-json',
    },
    'login-json': {
      type: 'string',
      value: 'JSON',
      does: 'what it posts, such as {"name":"{user}","secret":"{password}"}',
    },
    probe: {
      type: 'boolean',
      default: false,
      does: 'sends forms that look safe, twice, to find one whose writes can be read',
    },
    file: { type: 'string', value: 'FILE', default: TARGET, does: 'the file that is written' },
    force: { type: 'boolean', default: false, does: 'replaces a file that is there' },
    yes: {
      type: 'boolean',
      default: false,
      does: 'says that the address is of another machine, and that I may test it',
    },
    out: OUT,
    json: JSON_OUT,
    brief: BRIEF,
    quiet: QUIET,
  },
} as const satisfies Table;

const check = {
  words: 'RUN…',
  most: Number.POSITIVE_INFINITY,
  does: 'judges a recorded history again: a folder under runs/, or a history file; or several files, that several k6 left of one run',
  page: 'history.md',
  options: {
    logs: {
      type: 'string',
      value: 'FILE,…',
      does: "the balancer's access log (nginx, HAProxy, Traefik, ALB) says which instance served, and those of instances, NAME=FILE (docs/target-file.md)",
    },
    budget: {
      type: 'string',
      value: 'TIME',
      default: '60s',
      does: 'time for the searches of linearizability, once the history is read; an object that they leave undecided is listed, and the verdict is unknown',
    },
    'all-objects': {
      type: 'boolean',
      default: false,
      does: 'searches every undecided object, even if another object is violated',
    },
    from: {
      type: 'string',
      value: 'jepsen',
      does: 'RUN is a history that Jepsen recorded, EDN or JSON: is it linearizable?',
    },
    model: { type: 'string', value: 'M', does: 'of that history: register, cas-register, append or set' },
    initial: {
      type: 'string',
      value: 'EDN',
      does: 'what each object of that history holds at first; nothing when absent',
    },
    'nil-reads': {
      type: 'string',
      value: 'R',
      does: 'an ok read of nil says nothing (any), or shows what was there at first (initial, the default)',
    },
    ...JUDGED,
  },
} as const satisfies Table;

const compare = {
  words: 'BASE CURRENT',
  most: 2,
  does: 'compares two runs, or a baseline and a run: what got worse, better, or is undetermined',
  page: 'compare.md',
  options: { json: JSON_OUT },
} as const satisfies Table;

const zoo = {
  words: '[run [NAME]]',
  most: 2,
  does: 'lists broken and healthy deployments; zoo run NAME shows what Baton finds in one. Needs a checkout',
  page: 'zoo.md',
  options: {
    all: {
      type: 'boolean',
      default: false,
      does: 'runs all of them, and shows how surely and how soon each is found',
    },
    disturbed: { type: 'boolean', default: false, does: 'runs all those that need a fault, and no others' },
    runs: { type: 'string', value: 'N', default: '1', does: 'runs of each, with --all or --disturbed' },
    'control-runs': { type: 'string', value: 'N', does: 'runs of each healthy one; as --runs when absent' },
    'fault-runs': {
      type: 'string',
      value: 'N',
      does: 'runs of each that needs a fault, with --all; as --runs when absent',
    },
    'at-once': { type: 'string', value: 'N', default: '1', does: 'runs at the same time' },
    tally: {
      type: 'string',
      value: 'FILE',
      does: 'keeps a line of each run, and runs nothing that FILE has already',
    },
    write: { type: 'boolean', default: false, does: 'puts the tables into README.md and docs/zoo.md' },
    ...LOAD,
    json: JSON_OUT,
    brief: BRIEF,
    quiet: QUIET,
  },
} as const satisfies Table;

const stack = {
  words: 'conformance',
  most: 1,
  does: 'measures what the bundled stack does of what is documented of the balancers and groups that it stands in for: a table. Needs a checkout',
  page: 'fleet.md',
  options: {
    ...PROFILE,
    write: { type: 'boolean', default: false, does: 'puts the table into docs/fleet.md' },
    json: JSON_OUT,
    quiet: QUIET,
  },
} as const satisfies Table;

const explain = {
  words: 'NAME',
  most: 1,
  does: 'explains a guarantee or an anomaly: what it is, what breaks it, how to mend it',
  page: 'guarantees.md',
  options: {},
} as const satisfies Table;

const doctor = {
  words: '[TARGET]',
  most: 1,
  does: 'lists what this machine has, and which guarantees a target file leaves unknown and why; exit code 2 when one of those is claimed. Sends nothing',
  page: 'target-file.md',
  options: {
    ...STACK,
    logs: { type: 'string', value: 'DIR|FILE,…', does: `logs, as ${COMMAND} verify takes them` },
  },
} as const satisfies Table;

const k6 = {
  words: '[TARGET]',
  most: 1,
  does: 'prints a target file as the k6 scripts take it',
  page: 'k6.md',
  options: {},
} as const satisfies Table;

export const TABLES = { verify, init, check, compare, zoo, stack, explain, doctor, k6 };
