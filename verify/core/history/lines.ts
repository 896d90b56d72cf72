/** Defines the lines of a history. Types, validation and the tables in docs/history.md are made from this file. */
import { DECLARED } from './declared.ts';
import { CALLED, RETURNED } from './fields.ts';
import { type Fields, may, must, TEXTS } from './kinds.ts';

export const FORMAT = 'baton-history';
export const VERSION = 1;

export interface Line<F = Fields> {
  readonly when: string;
  readonly fields: F;
  readonly more: string;
}

const line = <F extends Fields>(when: string, fields: F, more = ''): Line<F> => ({ when, fields, more });

export const LINES = {
  run: line('first', {
    format: must([FORMAT]),
    version: must([VERSION]),
    run: must('text', 'name of the run; every `request` id begins with this name and a dash'),
    seed: must('count'),
    started: must('text', 'ISO 8601'),
    target: must('text'),
    url: must('text'),
    command: must('text', 'the command that repeats the run'),
    claims: must(TEXTS),
    routing: must(['spread', 'sticky', 'least-outstanding']),
    canary: must('text', "prefix of the run's canaries"),
    logs: must(TEXTS, 'names of the logs that are read'),
    declared: may({ fields: DECLARED }, 'below'),
  }),
  clock: line('before its first use', {
    clock: must('text'),
    base: must('text', "wall-clock time of the clock's zero"),
    uncertainty: must(
      'count',
      'µs; operations on two clocks are ordered only if they differ by more than the sum of their uncertainties',
    ),
  }),
  object: line(
    'before the first operation on the object',
    {
      object: must('text'),
      kind: must(
        ['set', 'list', 'bag', 'register', 'counter'],
        '`set`, `list` (values in the order of their adds), `bag` (may hold a value several times), `register`, `counter`',
      ),
      initial: may(
        TEXTS,
        'state before the first operation. Without it, the object may hold values from before the run: values that no operation of the history wrote are ignored, and a register or counter begins with the value that it shows before its first write',
      ),
      cap: may('count', 'the maximum number of values that the app keeps'),
    },
    'An object without this line is a set',
  ),
  start: line('before the first byte of an operation that may change something', CALLED),
  end: line('when that operation has ended', { id: must('count', '`id` of its start line'), ...RETURNED }),
  op: line('when a read (or the opening of a form) has ended', { ...CALLED, ...RETURNED }),
  session: line(
    'when a session is `born` or `ended`',
    {
      session: must('text'),
      user: must('text'),
      event: must(['born', 'ended']),
      clock: must('text'),
      at: must('time'),
      reason: may('text', 'why the session ended: `logout`, `lost`, `over` …'),
    },
    'A session ends after the last operation that sends one of its cookies, replays included. Later operations are not judged as part of it',
  ),
  phase: line(
    'when a phase of the run begins',
    {
      phase: must(
        ['warm-up', 'load', 'heal', 'settle', 'final'],
        '`warm-up`, `load`, `heal`, `settle`, `final`',
      ),
      clock: must('text'),
      at: must('time'),
    },
    '`survival` is judged by the reads after `final`',
  ),
  fault: line('before a fault is injected, and again with `end` when the fault is over', {
    id: must('count'),
    name: must('text'),
    clock: must('text'),
    begin: must('time'),
    end: may('time'),
    where: may('text', 'name of the disturbed server'),
    part: may(['instance', 'balancer', 'store'], '`instance`, `balancer`, `store`'),
    down: may('flag', 'the store responds to no request during the fault'),
    did: may('text', 'with `end`: the action of the fault, in a few words'),
    bit: may('flag', 'with `end`: whether Baton saw an effect of the fault'),
    healthy: may(
      'flag',
      'with `end`: whether all disturbed servers passed their health checks again in time',
    ),
    healed: may('flag', 'with `end`: false if healing the fault failed'),
    unready: may('text', 'with `end`: name of a server that was started and never became ready'),
  }),
  served: line('when a log contains a request', {
    source: must('text', 'name of the log'),
    kind: must(['balancer', 'instance'], '`balancer`, `instance`'),
    request: must('text'),
    instance: may('text', 'the instance that responded'),
    tried: may(TEXTS, 'the instances that were tried, in order; `?` if the log does not name one'),
    status: must('count'),
    began: may(
      'time',
      'when the request was sent to the instance, µs since 1970 by the clock of the log; only in the log of the balancer',
    ),
    ended: may('time', 'when the response ended, by the same clock'),
  }),
  fingerprint: line(
    'before the load, if no header, cookie or page names the instance',
    {
      instances: must('count', 'how many instances the responses seem to come from'),
      by: must(TEXTS, '`header order`, `error page`, `clock`, `counter`'),
    },
    'A hint: no guarantee is judged by it',
  ),
  finish: line('last', {
    clock: must('text'),
    at: must('time'),
    reason: must(['complete', 'interrupted', 'failed'], '`complete`, `interrupted`, `failed`'),
    remarks: may(TEXTS, 'sentences that say which steps the run skipped, and why'),
  }),
};
