/** Lists the options of the commands that read recorded runs, and of `explain`. */
import { REPORTS } from '../../reports/index.ts';
import { flag, JSON_OUT, JUDGED, OUT, type Table, text } from './shared.ts';

export const check = {
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

export const compare = {
  words: 'BASE CURRENT',
  most: 2,
  does: 'compares two runs, or a baseline and a run: what got worse, better, or is undetermined',
  page: 'compare.md',
  options: { json: JSON_OUT },
} as const satisfies Table;

export const runs = {
  words: '',
  most: 0,
  does: 'lists the recorded runs, with date, verdict and target',
  page: 'reports.md',
  options: { out: OUT },
} as const satisfies Table;

export const report = {
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

export const open = {
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

export const explain = {
  words: 'NAME',
  most: 1,
  does: 'explains a guarantee or an anomaly: its definition, what breaks it, how to fix it',
  page: 'guarantees.md',
  options: {},
} as const satisfies Table;
