/** Lists the options of the commands that need a checkout: the bundled stack and the zoo. */
import { BRIEF, flag, JSON_OUT, LOAD, PROFILE, QUIET, STICKY, type Table, text } from './shared.ts';

export const zoo = {
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

export const stack = {
  words: '',
  most: 0,
  does: 'starts the bundled stack, a mailbox, and SeaweedFS if it is installed, and keeps them up until Ctrl-C; the app reads its settings (SESSION_STORE, PAYMENT_MS …) from the environment. Needs a checkout',
  page: 'fleet.md',
  options: {
    instances: text('N', 'number of instances (2)'),
    port: text('N', 'port of the balancer (8080); if it is in use, the next free port'),
    ...PROFILE,
    sticky: STICKY,
  },
} as const satisfies Table;
