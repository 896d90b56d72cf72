/** Lists the commands and their options, for the parser, --help and docs/commands.md. */
import { COMMAND } from '../core/command.ts';
import { REPORTS } from '../reports/index.ts';

export const TARGET = 'baton.yaml';

export interface Option {
  readonly type: 'string' | 'boolean';
  readonly multiple?: true;
  readonly default?: string | boolean;
  /** Placeholder for the option's value in help texts, such as FILE. */
  readonly value?: string;
  readonly does: string;
}

export interface Table {
  /** The command's arguments in help texts, such as `BASE CURRENT`. */
  readonly words: string;
  readonly most: number;
  readonly does: string;
  /** The page of docs/ about the command. */
  readonly page?: string;
  readonly options: Readonly<Record<string, Option>>;
}

const flag = (does: string) => ({ type: 'boolean', default: false, does }) as const;

interface TextOption {
  readonly type: 'string';
  readonly value: string;
  readonly does: string;
}
function text(value: string, does: string): TextOption;
function text(value: string, does: string, standard: string): TextOption & { readonly default: string };
function text(value: string, does: string, standard?: string): TextOption {
  return { type: 'string', value, does, ...(standard !== undefined && { default: standard }) };
}

const texts = (value: string, does: string) => ({ type: 'string', multiple: true, value, does }) as const;

const JSON_OUT = flag('prints the whole result as JSON (docs/result.schema.json)');
const QUIET = flag('prints no progress on stderr');
const BRIEF = flag('prints one screen: the violated guarantees, one proof, the verdict');
const OUT = text('DIR', 'folder for histories and results', 'runs');
const SEED = text(
  'N',
  'repeats the plan of the run with this seed; by default the seed is random, and printed',
);

const LOAD = {
  sessions: text('N', 'concurrent sessions, each with one request in flight', '32'),
  duration: text('TIME', 'length of the load: 10, 10s, 2m', '10s'),
  seed: SEED,
  out: OUT,
} as const;

const STACK = {
  stack: text(
    'local|compose',
    'starts the bundled card store before the run and stops it afterwards (local: Redis, nginx, two instances; compose: the same in containers)',
  ),
  claims: text(
    'NAMES',
    'guarantees, or sets of guarantees, to claim instead of the claims of the target file, comma-separated',
  ),
  faults: text(
    'F',
    'injects faults under load: deploy (rolling restart, replace the oldest, scale out, scale in), all, a number of faults to choose at random, or names such as rolling-restart,store-restart; without --stack, the faults of the target file (docs/faults.md)',
  ),
} as const;

const PROFILE = {
  profile: text(
    'NAME',
    'how the balancer and the group of instances behave: seed, classic-elb, alb or nginx; includes health checks, draining, responses to failures, replacement of crashed instances (docs/fleet.md)',
  ),
  speedup: text('N', 'divides all times of the profile by N'),
} as const;

const STICKY = text(
  'MODE',
  'how the balancer of the bundled stack keeps clients on one instance: none, duration, duration=SECONDS, application, hash (docs/sticky.md)',
);

const JUDGED = {
  baseline: text(
    'FILE',
    'compares the run with this baseline; the run fails if a claimed guarantee got worse, even if it is still valid (docs/compare.md)',
  ),
  'update-baseline': flag('replaces the baseline by this run, if the run is valid'),
  json: JSON_OUT,
  report: texts(
    'FORMAT=FILE',
    `writes a report to a file; may be repeated; FORMAT is one of ${Object.keys(REPORTS).join(', ')}; FILE - is stdout (docs/reports.md)`,
  ),
  brief: BRIEF,
} as const;

const verify = {
  words: '[TARGET]',
  most: 1,
  does: `sends requests to a running system as its target file describes (default ${TARGET}), and judges the recorded history; before a target file, the word verify is optional`,
  page: 'target-file.md',
  options: {
    ...STACK,
    instances: text('N', 'number of instances of the bundled stack', '2'),
    ...PROFILE,
    sticky: STICKY,
    ...LOAD,
    compress: flag(
      'compresses the history from the start, to about a tenth of the size; by default Baton compresses it once it has 16 MiB (docs/history.md)',
    ),
    rate: text(
      'R|A..B',
      'actions per second of the workload hop, constant or from A to B; response times count from the intended start. By default each session sends its next request right after a response (docs/workloads.md)',
    ),
    workers: text(
      'N|auto',
      'number of threads that drive the sessions of hop, each with its own accounts; auto: one for each core except one, which is left to the target. More than 1 needs --workload hop (docs/workloads.md)',
      '1',
    ),
    workload: text(
      'NAMES',
      'workloads to run: hop, burst, logout-race, interleave, fixation, cold-burst, audit, idle, age, refresh-race, comma-separated; by default those that the claims need (docs/workloads.md)',
    ),
    'sticky-report': flag(
      "reports whether stickiness can be turned off: runs the same load with the balancer's cookie kept, dropped, swapped before each request, and lost once (docs/sticky.md)",
    ),
    next: text(
      'NAME=VALUE',
      'environment variables of the next version, comma-separated, for the fault rolling-deploy',
    ),
    url: text(
      'URL',
      "address of the target, instead of the url of its file; if it has no path, the path of the file's url is added",
    ),
    logs: text(
      'DIR|FILE,…',
      "logs that name the instance of each request: a folder with balancer/access.log and instances/NAME.log (docs/compose.md), or a balancer's access log and logs of instances as NAME=FILE (docs/target-file.md)",
    ),
    'print-target': flag('prints the parsed target file, without secrets, and sends no request'),
    k6: flag(
      'with --stack: loads the stack again with k6 after the run, if k6 is installed; the run also fails if k6 finds a violation (docs/k6.md)',
    ),
    ui: flag(
      'shows the run live: serves a page on 127.0.0.1 and prints its address; at the end the page becomes the report, which is also written into the folder of the run (docs/reports.md)',
    ),
    metrics: text(
      '[HOST:]PORT',
      'serves the metrics of the run for Prometheus at http://HOST:PORT/metrics; HOST is 127.0.0.1 if it is absent (docs/reports.md)',
    ),
    ...JUDGED,
    quiet: QUIET,
  },
} as const satisfies Table;

const init = {
  words: 'URL',
  most: 1,
  does: 'explores an app, writes its target file, and tests the file by a short run',
  page: 'init.md',
  options: {
    user: texts('NAME', 'user name of an account; give two, because isolation needs two users'),
    'password-env': texts(
      'VAR',
      'environment variable with the password of each --user, in the same order; a single variable is used for all accounts',
    ),
    'totp-env': texts(
      'VAR',
      'environment variable with the secret of the one-time codes of each --user, in the same order',
    ),
    ca: text(
      'FILE',
      'certificates of your own authority, in PEM, for https addresses; the target file will name this file',
    ),
    as: text(
      'NAME',
      'framework of the app, so that init tries its usual pages first: django, laravel, rails-devise, spring-security, aspnet-identity, wordpress, express-passport, flask-login',
    ),
    'login-page': text('PATH', 'page with the login form; by default Baton finds it'),
    'login-path': text(
      'PATH',
      'path of the login request of an app that renders in the browser; with --login-json or --login-form',
    ),
    'login-json': text(
      'JSON',
      'JSON body of the login request, such as {"name":"{user}","secret":"{password}"}',
    ),
    'login-form': text(
      'JSON',
      'instead of --login-json: the form fields of the login request, such as {"name":"{user}","secret":"{password}"}',
    ),
    har: text(
      'FILE',
      'HAR file that a browser saved: learns the requests of the app from this recording of a login, some use and a logout',
    ),
    browser: flag(
      "uses the app in this machine's Chromium, and learns the requests from it; needs the package playwright-core",
    ),
    probe: flag(
      'submits forms that look harmless, each twice, to find one whose text a page shows afterwards',
    ),
    file: text('FILE', 'target file to write', TARGET),
    force: flag('replaces an existing target file'),
    yes: flag('confirms that you have permission to test an app on another machine'),
    out: OUT,
    json: JSON_OUT,
    brief: BRIEF,
    quiet: QUIET,
  },
} as const satisfies Table;

const check = {
  words: 'RUN…',
  most: Number.POSITIVE_INFINITY,
  does: 'judges a recorded history again: a folder under runs/, a history file, or the files of several k6 machines of one run',
  page: 'history.md',
  options: {
    logs: text(
      'FILE,…',
      "logs that name the instance of each request: the balancer's access log (nginx, HAProxy, Traefik, ALB), and logs of instances as NAME=FILE (docs/target-file.md)",
    ),
    budget: text(
      'TIME',
      'time limit for the searches of linearizability, after the history is read; an undecided object makes the verdict unknown',
      '60s',
    ),
    'all-objects': flag('searches every undecided object, even if another object is violated'),
    from: text('jepsen', 'judges the linearizability of a history that Jepsen recorded, in EDN or JSON'),
    model: text('M', 'model of the Jepsen history: register, cas-register, append or set'),
    initial: text('EDN', 'initial value of each object of the Jepsen history; none by default'),
    'nil-reads': text(
      'R',
      'what a successful read of nil means in the Jepsen history: the initial value (initial, the default), or any value (any)',
    ),
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

const runs = {
  words: '',
  most: 0,
  does: 'lists the recorded runs, with date, verdict and target',
  page: 'reports.md',
  options: { out: OUT },
} as const satisfies Table;

const report = {
  words: '[RUN]',
  most: 1,
  does: 'writes a report of a recorded run; by default of the latest one',
  page: 'reports.md',
  options: {
    format: text('FORMAT', `one of ${Object.keys(REPORTS).join(', ')}`, 'html'),
    file: text('FILE', 'file to write; - is stdout', '-'),
    out: OUT,
  },
} as const satisfies Table;

const open = {
  words: '[RUN]',
  most: 1,
  does: 'writes the HTML report of a recorded run into its folder, prints its path, and opens it in a browser; by default of the latest run. With CI set it opens no browser',
  page: 'reports.md',
  options: {
    out: OUT,
    serve: text(
      '[HOST:]PORT',
      'serves the reports of all runs at http://HOST:PORT until Ctrl-C, and opens no browser; HOST is 127.0.0.1 if it is absent',
    ),
  },
} as const satisfies Table;

const zoo = {
  words: '[run [NAME]]',
  most: 2,
  does: 'lists broken and healthy deployments; zoo run NAME runs one and shows what Baton finds. Needs a checkout',
  page: 'zoo.md',
  options: {
    all: flag('runs all deployments, and shows how often and how soon each defect is found'),
    disturbed: flag('runs only the deployments that need a fault'),
    runs: text('N', 'runs of each deployment, with --all or --disturbed', '1'),
    'control-runs': text('N', 'runs of each healthy deployment; by default the number of --runs'),
    'fault-runs': text(
      'N',
      'runs of each deployment that needs a fault, with --all; by default the number of --runs',
    ),
    'at-once': text('N', 'concurrent runs', '1'),
    tally: text('FILE', 'appends a line for each run, and skips runs that FILE already has'),
    write: flag('writes the tables into README.md and docs/zoo.md'),
    ...LOAD,
    json: JSON_OUT,
    brief: BRIEF,
    quiet: QUIET,
  },
} as const satisfies Table;

const stack = {
  words: '',
  most: 0,
  does: 'starts the bundled stack, a mailbox, and SeaweedFS if it is installed, and keeps them up until Ctrl-C; the app reads its settings (SESSION_STORE, PAYMENT_MS …) from the environment. Needs a checkout',
  page: 'fleet.md',
  options: {
    instances: text('N', 'number of instances (2)'),
    port: text('N', 'port of the balancer, or the next free one (8080)'),
    ...PROFILE,
    sticky: STICKY,
  },
} as const satisfies Table;

const explain = {
  words: 'NAME',
  most: 1,
  does: 'explains a guarantee or an anomaly: its definition, what breaks it, how to fix it',
  page: 'guarantees.md',
  options: {},
} as const satisfies Table;

const doctor = {
  words: '[TARGET]',
  most: 1,
  does: 'lists the programs on this machine. With a target file: lists the guarantees that a run leaves unknown, and why; exits with 2 if one of them is claimed. Sends no request',
  page: 'target-file.md',
  options: {
    ...STACK,
    logs: text('DIR|FILE,…', `logs, as for ${COMMAND} verify`),
  },
} as const satisfies Table;

const k6 = {
  words: '[TARGET]',
  most: 1,
  does: 'prints a target file in the form that the k6 scripts read',
  page: 'k6.md',
  options: {},
} as const satisfies Table;

const gate = {
  words: '[TARGET]',
  most: 1,
  does: 'keeps sessions open while a new version of the app gets more and more traffic, and serves over HTTP whether the version honours them, for Argo Rollouts, Flagger and Prometheus',
  page: 'gate.md',
  options: {
    target: text('FILE', `target file (default ${TARGET}); its \`instance.version\` names the version`),
    port: text('P', 'port to listen on; 0 takes any free port', '8090'),
    host: text('HOST', 'address to listen on', '127.0.0.1'),
    sessions: text('N', 'sessions that stay open', '50'),
    rate: text('N', 'requests per second, all sessions together', '30'),
    window: text('TIME', 'age of the oldest requests that count as evidence', '60s'),
    claims: STACK.claims,
    url: text('URL', 'address of the target, instead of the url of its file'),
    out: OUT,
  },
} as const satisfies Table;

export const TABLES = {
  verify,
  init,
  check,
  compare,
  runs,
  report,
  open,
  zoo,
  stack,
  explain,
  doctor,
  k6,
  gate,
};
