/** The words and options that `baton` understands, and what it says of them. */
import { parseArgs } from 'node:util';
import { COMMAND } from '../core/command.ts';
import { UsageError } from '../errors.ts';
import { REPORTS } from '../reports/index.ts';

export const USAGE = `Baton proves that web sessions survive the load balancer.

usage: ${COMMAND} COMMAND

  verify [TARGET]    verify a running system by its target file (baton.yaml when absent); TARGET alone is the same
  init URL           finds out what a target file must say of an app, writes it, and proves it by a short run
  check RUN          judge a recorded history again: a folder under runs/, or a history file; or several files, that
                     several k6 left of one run
  compare BASE NOW   two runs, or a baseline and a run: what got worse, better, or is undetermined
  zoo                lists broken and healthy deployments; zoo run NAME shows what Baton finds in one
  stack conformance  what the bundled stack does of what is documented of the balancers and groups that it stands in
                     for: a table; --profile NAME for one of them (docs/fleet.md)
  explain NAME       a guarantee or an anomaly: what it is, what breaks it, how to mend it
  doctor [TARGET]    what this machine has, and which guarantees a target file leaves unknown and why; exit code 2
                     when one of those is claimed. Takes --claims, --logs, --stack and --faults as verify does
  k6 [TARGET]        a target file as the k6 scripts take it (docs/k6.md)
  help

options of verify
  --stack local       start the bundled card store first (Redis, nginx, two instances), and stop it afterwards;
          compose     the same in containers
  --instances N       instances of that stack (2)
  --profile NAME      its balancer and group behave as seed, classic-elb, alb or nginx (docs/fleet.md): health checks,
                      draining, answers to failures; what crashes is replaced
  --speedup N         divides all times of the profile (1)
  --sticky MODE       its balancer keeps visitors on one instance: none, duration, duration=SECONDS, application, hash
                      (docs/sticky.md)
  --sessions N        sessions at once, each with one request in flight (32)
  --duration TIME     length of the load: 10, 10s, 2m (10s)
  --workload NAMES    hop, burst, logout-race, interleave, fixation, cold-burst, audit, idle, comma-separated; when
                      absent those that the claims need
  --sticky-report     can stickiness be turned off, and what breaks? The same load with the balancer's cookie kept,
                      dropped, swapped before each request, and lost once (docs/sticky.md)
  --claims NAMES      guarantees or sets that are claimed instead of those of the file, comma-separated
  --faults F          disturbs the stack under load (docs/faults.md): deploy (rolling restart, replace the oldest, scale
                      out, scale in), all, how many to draw, or names: rolling-restart,store-restart; without --stack
                      what the target file names under faults
  --next NAME=VALUE   what the next version has in its environment, comma-separated, for the fault rolling-deploy
  --url URL           where the target is, instead of what its file says
  --logs DIR|FILE,…   logs that tell which instance served: balancer/access.log, instances/NAME.log (docs/compose.md), or
                      a balancer's access log and those of instances, NAME=FILE (docs/target-file.md)
  --print-target      shows what the target file was understood as, without secrets, and sends nothing
  --seed N            draws the same plan again (random when absent, and printed)
  --k6                after it, with --stack, a second load by k6 where that is installed; its verdict counts
  --out DIR           where histories and results are kept (runs)

options of init (docs/init.md)
  --user NAME         an account that may log in; twice, so that isolation can be judged
  --password-env VAR  the variable that holds its password, in the same order; one for all when there is one
  --totp-env VAR      the variable that holds the secret of its one-time codes, in the same order
  --as NAME           what to look for first: django, laravel, rails-devise, spring-security, aspnet-identity, wordpress,
                      express-passport, flask-login
  --login-page PATH   where the login form is (found when absent)
  --login-path PATH   where an app that renders in the browser posts its login, with --login-json
  --login-json JSON   what it posts, such as {"name":"{user}","secret":"{password}"}
  --probe             sends forms that look safe, twice, to find one whose writes can be read
  --file FILE         where it is written (baton.yaml); --force replaces one that is there
  --yes               the address is another machine's, and I may test it

options of check
  --logs FILE,…       the balancer's access log tells which instance served (nginx, HAProxy, Traefik, ALB), and those of
                      instances, NAME=FILE (docs/target-file.md)
  --from jepsen       RUN is a history that Jepsen recorded, EDN or JSON: is it linearizable?
  --model M           of that history: register, cas-register, append or set
  --initial EDN       what each object holds at first (nothing)
  --nil-reads R       an ok read of nil says nothing (any), or shows what was there at first (initial)

options of zoo run
  --all               all of them, and how surely and how soon each is found
  --runs N            so often each (1)
  --control-runs N    so often each healthy one (as --runs)
  --fault-runs N      with --all: so often each that needs a fault (as --runs)
  --disturbed         runs all those that need a fault, and no others
  --at-once N         so many at the same time (1)
  --tally FILE        keeps a line of each run, and runs nothing that FILE has already
  --write             puts the tables into README.md and docs/zoo.md
  --sessions, --duration, --seed, --out as for verify

options of both
  --baseline FILE     compares with it: what is claimed and got worse fails, whatever the verdict
  --update-baseline   writes FILE anew from this run, if it is valid
  --json              the whole result on stdout (docs/result.schema.json)
  --report F=FILE     writes a report too, as often as wanted; F is one of ${Object.keys(REPORTS).join(', ')}
                      (docs/reports.md); FILE - is stdout
  --brief             one screen: what is wrong, one proof, the verdict
  --quiet             no progress on stderr

exit code   0 all claimed guarantees valid   1 violated   2 unknown (too little evidence)
            64 usage, target file or credentials   69 target unavailable   70 internal error   130 interrupted
`;

/** The target file when none is named. */
export const TARGET = 'baton.yaml';

export const options = {
  stack: { type: 'string' },
  instances: { type: 'string', default: '2' },
  profile: { type: 'string' },
  speedup: { type: 'string' },
  sticky: { type: 'string' },
  sessions: { type: 'string', default: '32' },
  duration: { type: 'string', default: '10s' },
  workload: { type: 'string' },
  'sticky-report': { type: 'boolean', default: false },
  claims: { type: 'string' },
  faults: { type: 'string' },
  next: { type: 'string' },
  url: { type: 'string' },
  logs: { type: 'string' },
  seed: { type: 'string' },
  'print-target': { type: 'boolean', default: false },
  k6: { type: 'boolean', default: false },
  out: { type: 'string', default: 'runs' },
  user: { type: 'string', multiple: true },
  'password-env': { type: 'string', multiple: true },
  'totp-env': { type: 'string', multiple: true },
  as: { type: 'string' },
  'login-page': { type: 'string' },
  'login-path': { type: 'string' },
  'login-json': { type: 'string' },
  probe: { type: 'boolean', default: false },
  file: { type: 'string', default: 'baton.yaml' },
  force: { type: 'boolean', default: false },
  yes: { type: 'boolean', default: false },
  from: { type: 'string' },
  model: { type: 'string' },
  initial: { type: 'string' },
  'nil-reads': { type: 'string', default: 'initial' },
  all: { type: 'boolean', default: false },
  runs: { type: 'string', default: '1' },
  'control-runs': { type: 'string' },
  'fault-runs': { type: 'string' },
  'at-once': { type: 'string', default: '1' },
  disturbed: { type: 'boolean', default: false },
  write: { type: 'boolean', default: false },
  tally: { type: 'string' },
  json: { type: 'boolean', default: false },
  baseline: { type: 'string' },
  'update-baseline': { type: 'boolean', default: false },
  report: { type: 'string', multiple: true },
  brief: { type: 'boolean', default: false },
  quiet: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

/** @throws UsageError for an option that is not there */
export function parse(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options, allowPositionals: true });
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\nSee: ${COMMAND} help`);
  }
}

export type Values = ReturnType<typeof parse>['values'];
