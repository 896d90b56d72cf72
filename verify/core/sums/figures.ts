/** Defines the k6 metrics for the counts of the checks, and the thresholds that fail a run. */
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

/** Every script uses these checks. Each virtual user can apply them to its own requests. */
const ALWAYS: readonly Check[] = [
  ...[continuity, isolation, routing],
  ...[readYourWrites, monotonicReads, availability],
];

/** What a script judges. Checks for which it gives no evidence are left out, to save time. */
export interface Judged {
  checks: readonly Check[];
  /** Only violations of these guarantees can fail the run. */
  claims: readonly Guarantee[];
  figures: readonly Figure[];
  /** If absent, no request may fail. */
  window?: WindowBudget;
}

/** The budget of a run that counts as one fault as a whole, such as a deploy. */
export interface WindowBudget {
  /** Share of the requests that may fail. */
  errors?: number;
  /** Maximum time that a user waits for the next success, milliseconds. */
  gap?: number;
}

/** @param logouts whether the script logs out and sends the old cookie again */
export function judgedBy(claims: readonly string[], logouts: boolean, window?: WindowBudget): Judged {
  const checks = logouts ? [...ALWAYS, logoutFinal] : ALWAYS;
  const names = checks.map(check => check.guarantee);
  const claimed = names.filter(name => claims.includes(name));
  const figures = FIGURES.filter(({ of }) => names.includes(of[0]));
  if (window === undefined) return { checks, claims: claimed, figures };
  // Within a budget some requests may fail, so the counters of failures have no threshold.
  const tolerant = figures.map(figure => {
    if (figure.metric !== DOWN) return figure;
    const { needs: _, ...counted } = figure;
    return counted;
  });
  return { checks, claims: claimed, figures: tolerant, window };
}

export interface Figure {
  metric: string;
  /** The count that the metric records. `of`: the guarantees whose checks have this count, with equal values. */
  count: string;
  of: readonly [Guarantee, ...Guarantee[]];
  /**
   * The condition on the sum, as a k6 threshold. All verdicts are valid if and only if all conditions are met. A
   * counter without data is 0, so missing data fail a condition.
   */
  needs?: string;
  /** The count in `Repeated` that is added to this metric. */
  repeated?: keyof Repeated;
  /** True if each account counts once, though several virtual users have it. */
  perAccount?: true;
}

const some = `count>=${ENOUGH_HANDOFFS}`;
const none = 'count==0';
/** Anomalies of availability: requests that failed or came too late. */
const DOWN = 'baton_down';
/** Requests that got a 5xx or no response. */
export const UNAVAILABLE = 'baton_unavailable';
/** Requests that availability judged. */
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
  /** Requests by the instance that served them. */
  requests: { metric: 'baton_requests', tag: 'instance' },
  /** Sessions by each instance that served them at least once. */
  met: { metric: 'baton_sessions_met', tag: 'instance' },
  operations: { metric: 'baton_operations', tag: 'outcome' },
  /** Operations without success, by status class or failure. */
  failed: { metric: 'baton_failed', tag: 'how' },
  /** Requests with the cookie of a session that was logged out. */
  replayed: { metric: 'baton_replayed', tag: 'instance' },
} as const;

const OUTCOMES = ['ok', 'fail', 'info'] as const;
export const FAILURES = ['3xx', '4xx', '5xx', 'other', 'no answer'] as const;
/** The tag for instances that are not named in the script's settings. */
export const OTHER = 'other';
/** Exceptions in the script. An iteration that ends with one has checked nothing. */
export const ERRORS = 'baton_script_errors';
/** Logins of users whose session was lost. */
export const RELOGINS = 'baton_relogins';
/** Milliseconds from the start of the run to each anomaly, by guarantee. */
export const BROKE = 'baton_broke_after';
/** Milliseconds since the session's last success, at each failed request and at the next success. */
export const GAP = 'baton_gap';

/** The class of a response without success, such as `4xx`. */
export function failureOf(status: number | undefined): (typeof FAILURES)[number] {
  if (status === undefined) return 'no answer';
  return FAILURES.find(name => name === `${Math.floor(status / 100)}xx`) ?? 'other';
}

export const tagged = ({ metric, tag }: { metric: string; tag: string }, value: string): string =>
  `${metric}{${tag}:${value}}`;

/** Some thresholds are empty, because k6's summary shows a tagged counter only if it has one. */
export function thresholdsOf(
  { claims, figures, window }: Judged,
  instances: readonly string[],
): Record<string, string[]> {
  const thresholds: Record<string, string[]> = { [ERRORS]: ['count==0'] };
  if (window?.gap !== undefined && claims.includes('availability')) thresholds[GAP] = [`max<=${window.gap}`];
  if (claims.includes('routing')) thresholds[TAGGED.requests.metric] = ['count>=100'];
  for (const { metric, needs, of } of figures) {
    if (needs !== undefined && of.some(guarantee => claims.includes(guarantee))) thresholds[metric] = [needs];
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
