/** Defines the type that describes a command and its options, and the options that several commands share. */
import { REPORTS } from '../../reports/index.ts';

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

export const flag = (does: string) => ({ type: 'boolean', default: false, does }) as const;

interface TextOption {
  readonly type: 'string';
  readonly value: string;
  readonly does: string;
}
export function text(value: string, does: string): TextOption;
export function text(
  value: string,
  does: string,
  standard: string,
): TextOption & { readonly default: string };
export function text(value: string, does: string, standard?: string): TextOption {
  return { type: 'string', value, does, ...(standard !== undefined && { default: standard }) };
}

export const texts = (value: string, does: string) =>
  ({ type: 'string', multiple: true, value, does }) as const;

export const JSON_OUT = flag('prints the whole result as JSON (docs/result.schema.json)');
export const QUIET = flag('prints no progress on stderr');
export const BRIEF = flag('prints one screen: the violated guarantees, one proof, the verdict');
export const OUT = text('DIR', 'folder for histories and results', 'runs');
const SEED = text(
  'N',
  'repeats the plan of the run with this seed; by default the seed is random, and printed',
);

export const LOAD = {
  sessions: text('N', 'concurrent sessions, each with one request in flight', '32'),
  duration: text('TIME', 'length of the load: 10, 10s, 2m', '10s'),
  seed: SEED,
  out: OUT,
} as const;

export const STACK = {
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

export const PROFILE = {
  profile: text(
    'NAME',
    'how the balancer and the group of instances behave: seed, classic-elb, alb or nginx; includes health checks, draining, responses to failures, replacement of crashed instances (docs/fleet.md)',
  ),
  speedup: text('N', 'divides all times of the profile by N'),
} as const;

export const STICKY = text(
  'MODE',
  'how the balancer of the bundled stack keeps clients on one instance: none, duration, duration=SECONDS, application, hash (docs/sticky.md)',
);

export const JUDGED = {
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
