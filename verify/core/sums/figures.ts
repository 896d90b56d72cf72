/** Defines the k6 metrics that record the counts of the checks, and the thresholds at which a k6 run fails. */
import { availability } from '../checks/availability.ts';
import { type Check, type Counts, ENOUGH_HANDOFFS, type NamedCounts } from '../checks/check.ts';
import { continuity } from '../checks/continuity.ts';
import { isolation } from '../checks/isolation.ts';
import { logoutFinal } from '../checks/logout-final.ts';
import { monotonicReads } from '../checks/monotonic-reads.ts';
import { readYourWrites } from '../checks/read-your-writes.ts';
import { routing } from '../checks/routing.ts';
import { getOrInsert } from '../get-or-insert.ts';
import type { Guarantee } from '../result/guarantees.ts';
import type { Repeated } from './repeats.ts';

/** The checks by which every k6 script judges. Each virtual user can judge its own requests alone. */
const ALWAYS: readonly Check[] = [
  ...[continuity, isolation, routing],
  ...[readYourWrites, monotonicReads, availability],
];

export interface Judged {
  checks: readonly Check[];
  /** Claimed guarantees. Only their violation can fail the run. */
  claims: readonly Guarantee[];
  figures: readonly Figure[];
  /** Limits for a run that disturbs the app. By default, every failed request breaks `availability`. */
  window?: WindowBudget;
}

/** Limits for a run that counts as one fault as a whole, such as a deploy. */
export interface WindowBudget {
  /** Maximum share of the requests that can fail without a violation. */
  errors?: number;
  /** Maximum time from a user's last success to the next one, milliseconds. */
  gap?: number;
}

/** Returns what a k6 script judges. @param logouts true if the script logs out and sends the old cookie again */
export function judgedBy(claims: readonly string[], logouts: boolean, window?: WindowBudget): Judged {
  const checks = logouts ? [...ALWAYS, logoutFinal] : ALWAYS;
  const names = checks.map(check => check.guarantee);
  const claimed = names.filter(name => claims.includes(name));
  const figures = FIGURES.filter(({ of }) => names.includes(of[0]));
  return { checks, claims: claimed, figures, ...(window && { window }) };
}

export interface Figure {
  metric: string;
  /** Name of the count that the metric records. `of`: the guarantees whose checks have this count. */
  count: string;
  of: readonly [Guarantee, ...Guarantee[]];
  /** The condition on the sum, as a k6 threshold. A counter without data is 0, which breaks the condition. */
  needs?: string;
  /** Name of a count of repeated reads. This count is added to the metric. */
  repeated?: keyof Repeated;
  /** True to count each account once, even if several virtual users log in to it. */
  perAccount?: true;
}

const some = `count>=${ENOUGH_HANDOFFS}`;
const none = 'count==0';
/** Metric: anomalies of availability, which are requests that failed or came too late. */
const DOWN = 'baton_down';
/** Metric: requests that got a 5xx or no response. */
export const UNAVAILABLE = 'baton_unavailable';
/** Metric: requests that the check `availability` judged. */
export const ATTEMPTS = 'baton_attempts';

const figure = (
  metric: string,
  count: string,
  of: Guarantee | Figure['of'],
  needs?: string,
  more?: Pick<Figure, 'repeated' | 'perAccount'>,
): Figure => ({ metric, count, of: typeof of === 'string' ? [of] : of, ...(needs && { needs }), ...more });

export const FIGURES: readonly Figure[] = [
  figure('baton_sessions', 'sessions', 'continuity', 'count>0'),
  figure('baton_judged', 'requests', 'continuity', 'count>0', { repeated: 'reads' }),
  figure('baton_handoffs', 'handoffs', 'continuity', some, { repeated: 'handoffs' }),
  figure('baton_sessions_lost', 'lost', ['continuity', 'read-your-writes', 'monotonic-reads'], none),
  figure('baton_logins_accepted', 'accepting', 'continuity'),
  figure('baton_logins_refused', 'refusing', 'continuity', none),
  figure('baton_responses', 'responses', 'isolation', undefined, { repeated: 'reads' }),
  figure('baton_users', 'users', 'isolation', 'count>=2', { perAccount: true }),
  figure('baton_canary_users', 'planted', 'isolation', 'count>=2', { perAccount: true }),
  figure('baton_session_ids', 'ids', 'isolation'),
  figure('baton_bleed', 'shown', 'isolation', none),
  figure('baton_reads_after_write', 'reads', 'read-your-writes', undefined, { repeated: 'written' }),
  figure('baton_reads_after_write_elsewhere', 'crossed', 'read-your-writes', some, {
    repeated: 'writtenElsewhere',
  }),
  figure('baton_sessions_with_writes', 'sessions', 'read-your-writes'),
  figure('baton_stale', 'violations', 'read-your-writes', none),
  figure('baton_reads_compared', 'reads', 'monotonic-reads', undefined, { repeated: 'pairs' }),
  figure('baton_reads_compared_elsewhere', 'crossed', 'monotonic-reads', some, {
    repeated: 'pairsElsewhere',
  }),
  figure('baton_sessions_with_reads', 'sessions', 'monotonic-reads'),
  figure('baton_back', 'violations', 'monotonic-reads', none),
  figure('baton_sessions_routed', 'sessions', 'routing'),
  figure(ATTEMPTS, 'requests', 'availability', 'count>=100', { repeated: 'reads' }),
  figure(UNAVAILABLE, 'errors', 'availability'),
  figure(DOWN, 'violations', 'availability', none),
  figure('baton_logouts', 'logouts', 'logout-final', 'count>0'),
  figure('baton_logouts_raced', 'raced', 'logout-final', 'count>=3'),
  figure('baton_logouts_untold', 'indeterminate', 'logout-final', none),
  figure('baton_replays', 'replays', 'logout-final', some),
  figure('baton_zombies', 'violations', 'logout-final', none),
  figure('baton_replays_doubtful', 'doubtful', 'logout-final', none),
];

export const TAGGED = {
  /** Requests, tagged with the instance that served them. */
  requests: { metric: 'baton_requests', tag: 'instance' },
  /** Sessions, tagged with each instance that served them at least once. */
  met: { metric: 'baton_sessions_met', tag: 'instance' },
  operations: { metric: 'baton_operations', tag: 'outcome' },
  /** Operations without success, tagged with the status class (such as `4xx`) or the failure. */
  failed: { metric: 'baton_failed', tag: 'how' },
  /** Requests with the old cookie of a session after its logout, tagged with the instance that served them. */
  replayed: { metric: 'baton_replayed', tag: 'instance' },
} as const;

const OUTCOMES = ['ok', 'fail', 'info'] as const;
export const FAILURES = ['3xx', '4xx', '5xx', 'other', 'no answer'] as const;
/** The tag for instances that the script's settings do not name. */
export const OTHER = 'other';
/** Metric: exceptions in the script. An iteration that ends with an exception has checked nothing. */
export const ERRORS = 'baton_script_errors';
/** Metric: repeated logins of users whose session was lost. */
export const RELOGINS = 'baton_relogins';
/** Metric: milliseconds from the start of the run to each anomaly, tagged with the guarantee. */
export const BROKE = 'baton_broke_after';
/** Metric: milliseconds since the session's last success, at each failed request and at the next success. */
export const GAP = 'baton_gap';

/** Returns the class of a response, such as `4xx`. */
export function failureOf(status: number | undefined): (typeof FAILURES)[number] {
  if (status === undefined) return 'no answer';
  return FAILURES.find(name => name === `${Math.floor(status / 100)}xx`) ?? 'other';
}

export const tagged = ({ metric, tag }: { metric: string; tag: string }, value: string): string =>
  `${metric}{${tag}:${value}}`;

/** Returns the k6 thresholds. Some are empty, because k6's summary omits tagged counters without a threshold. */
export function thresholdsOf(
  { claims, figures, window }: Judged,
  instances: readonly string[],
): Record<string, string[]> {
  const thresholds: Record<string, string[]> = { [ERRORS]: ['count==0'] };
  if (window?.gap !== undefined && claims.includes('availability')) thresholds[GAP] = [`max<=${window.gap}`];
  if (claims.includes('routing')) thresholds[TAGGED.requests.metric] = ['count>=100'];
  for (const { metric, needs, of } of figures) {
    // A budget allows failed requests, so the counter of failed requests has no threshold.
    if (needs === undefined || (window !== undefined && metric === DOWN)) continue;
    if (of.some(guarantee => claims.includes(guarantee))) thresholds[metric] = [needs];
  }
  for (const instance of [...instances, OTHER]) {
    const expected = instance !== OTHER;
    const must = (guarantee: Guarantee) => (expected && claims.includes(guarantee) ? ['count>0'] : []);
    thresholds[tagged(TAGGED.requests, instance)] = must('routing');
    thresholds[tagged(TAGGED.met, instance)] = [];
    thresholds[tagged(TAGGED.replayed, instance)] = must('logout-final');
  }
  for (const outcome of OUTCOMES) thresholds[tagged(TAGGED.operations, outcome)] = [];
  for (const how of FAILURES) thresholds[tagged(TAGGED.failed, how)] = [];
  return thresholds;
}

/** Converts the sums of the metrics back to the counts of each check. */
export function countsOf(
  { figures }: Judged,
  instances: readonly string[],
  sum: (metric: string) => number,
): Map<Guarantee, Counts> {
  const replayed = instances.map(name => [name, sum(tagged(TAGGED.replayed, name))]);
  type Of = Record<string, number | NamedCounts>;
  const counts = new Map<Guarantee, Of>([
    ['routing', { requests: sum(TAGGED.requests.metric) }],
    ['logout-final', { tried: Object.fromEntries(replayed) }],
  ]);
  for (const { metric, count, of } of figures)
    for (const guarantee of of) getOrInsert(counts, guarantee, (): Of => ({}))[count] = sum(metric);
  return counts;
}
