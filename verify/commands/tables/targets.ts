/** Lists the options of the commands that read a target file, and of `init`, which writes one. */
import { COMMAND } from '../../core/command.ts';
import {
  BRIEF,
  flag,
  JSON_OUT,
  JUDGED,
  LOAD,
  OUT,
  PROFILE,
  QUIET,
  STACK,
  STICKY,
  TARGET,
  type Table,
  text,
  texts,
} from './shared.ts';

export const verify = {
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

export const init = {
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

export const doctor = {
  words: '[TARGET]',
  most: 1,
  does: 'lists the programs on this machine. With a target file: lists the guarantees that a run leaves unknown, and why; exits with 2 if one of them is claimed. Sends no request',
  page: 'target-file.md',
  options: {
    ...STACK,
    logs: text('DIR|FILE,…', `logs, as for ${COMMAND} verify`),
  },
} as const satisfies Table;

export const k6 = {
  words: '[TARGET]',
  most: 1,
  does: 'prints a target file in the form that the k6 scripts read',
  page: 'k6.md',
  options: {},
} as const satisfies Table;

export const gate = {
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
