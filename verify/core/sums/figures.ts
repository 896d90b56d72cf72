/** Maps the counts of the checks to k6 metrics, which k6 adds up, and defines the thresholds that fail a run. */

import { availability } from '../checks/availability.ts';
import { type Check, type Counts, ENOUGH_HANDOFFS, type NamedCounts } from '../checks/check.ts';
import { continuity } from '../checks/continuity.ts';
import { isolation } from '../checks/isolation.ts';
import { logoutFinal } from '../checks/logout-final.ts';
import { monotonicReads } from '../checks/monotonic-reads.ts';
import { readYourWrites } from '../checks/read-your-writes.ts';
import { routing } from '../checks/routing.ts';
import type { Guarantee } from '../result/guarantees.ts';
import type { Repeated } from './repeats.ts';

/** The checks that every virtual user applies. They need to see only one client. */
const ALWAYS: readonly Check[] = [
  continuity,
  isolation,
  routing,
  readYourWrites,
  monotonicReads,
  availability,
];

/** The checks of a script. To save time, checks for which the script gives no evidence are left out. */
export interface Judged {
  checks: readonly Check[];
  /** The guarantees of these checks that the target claims. Only these guarantees can fail the run. */
  claims: readonly Guarantee[];
  figures: readonly Figure[];
  /** The budget of a script whose whole run is one fault window; absent: no request may fail. */
  window?: WindowBudget;
}

/** Limits for failures in a run that is one fault window as a whole, such as a deploy. */
export interface WindowBudget {
  /** Share of the requests that may fail. */
  errors?: number;
  /** Maximum time until a user's next success, milliseconds. */
  gap?: number;
}

/**
 * Selects the checks and metrics of a script.
 *
 * @param logouts whether the script logs out and replays the old cookie
 * @param window the budget of a script whose whole run is one fault window
 */
export function judgedBy(claims: readonly string[], logouts: boolean, window?: WindowBudget): Judged {
  const checks = logouts ? [...ALWAYS, logoutFinal] : ALWAYS;
  const names = checks.map(check => check.guarantee);
  const claimed = names.filter(name => claims.includes(name));
  const figures = FIGURES.filter(({ counts }) => names.includes(counts[0][0]));
  if (window === undefined) return { checks, claims: claimed, figures };
  // Errors are only counted here, without a threshold; the budget limits their number.
  const tolerant = figures.map(figure => {
    if (figure.metric !== DOWN) return figure;
    const { needs: _, ...counted } = figure;
    return counted;
  });
  return { checks, claims: claimed, figures: tolerant, window };
}

export interface Figure {
  /** Name of the counter. */
  metric: string;
  /** The counts that this counter records. All of these counts are equal, so the value is read from the first one. */
  counts: readonly [readonly [Guarantee, string], ...(readonly [Guarantee, string])[]];
  /**
   * The condition on the sum, as a k6 threshold. All conditions hold exactly if the verdicts from the sums are valid. A
   * counter without any increment is 0, so no condition passes because data is missing.
   */
  needs?: string;
  /** The count of repeated reads that is added to the counter. */
  repeated?: keyof Repeated;
  /** Counted once for each account: virtual users that share an account are one user. */
  perAccount?: true;
}

const some = `count>=${ENOUGH_HANDOFFS}`;
/** Anomalies of availability: requests that failed or came too late. */
const DOWN = 'baton_down';
/** The anomalies of `DOWN` whose request got a 5xx or no response. */
export const UNAVAILABLE = 'baton_unavailable';
/** Requests that availability judged. */
export const ATTEMPTS = 'baton_attempts';

export const FIGURES: readonly Figure[] = [
  { metric: 'baton_sessions', counts: [['continuity', 'sessions']], needs: 'count>0' },
  { metric: 'baton_judged', repeated: 'reads', counts: [['continuity', 'requests']], needs: 'count>0' },
  { metric: 'baton_handoffs', repeated: 'handoffs', counts: [['continuity', 'handoffs']], needs: some },
  {
    metric: 'baton_sessions_lost',
    counts: [
      ['continuity', 'lost'],
      ['read-your-writes', 'lost'],
      ['monotonic-reads', 'lost'],
    ],
    needs: 'count==0',
  },
  { metric: 'baton_logins_accepted', counts: [['continuity', 'accepting']] },
  { metric: 'baton_logins_refused', counts: [['continuity', 'refusing']], needs: 'count==0' },
  { metric: 'baton_responses', repeated: 'reads', counts: [['isolation', 'responses']] },
  { metric: 'baton_users', counts: [['isolation', 'users']], needs: 'count>=2', perAccount: true },
  {
    metric: 'baton_canary_users',
    counts: [['isolation', 'planted']],
    needs: 'count>=2',
    perAccount: true,
  },
  { metric: 'baton_session_ids', counts: [['isolation', 'ids']] },
  { metric: 'baton_bleed', counts: [['isolation', 'shown']], needs: 'count==0' },
  { metric: 'baton_reads_after_write', repeated: 'written', counts: [['read-your-writes', 'reads']] },
  {
    metric: 'baton_reads_after_write_elsewhere',
    repeated: 'writtenElsewhere',
    counts: [['read-your-writes', 'crossed']],
    needs: some,
  },
  { metric: 'baton_sessions_with_writes', counts: [['read-your-writes', 'sessions']] },
  { metric: 'baton_stale', counts: [['read-your-writes', 'violations']], needs: 'count==0' },
  { metric: 'baton_reads_compared', repeated: 'pairs', counts: [['monotonic-reads', 'reads']] },
  {
    metric: 'baton_reads_compared_elsewhere',
    repeated: 'pairsElsewhere',
    counts: [['monotonic-reads', 'crossed']],
    needs: some,
  },
  { metric: 'baton_sessions_with_reads', counts: [['monotonic-reads', 'sessions']] },
  { metric: 'baton_back', counts: [['monotonic-reads', 'violations']], needs: 'count==0' },
  { metric: 'baton_sessions_routed', counts: [['routing', 'sessions']] },
  { metric: ATTEMPTS, repeated: 'reads', counts: [['availability', 'requests']], needs: 'count>=100' },
  { metric: UNAVAILABLE, counts: [['availability', 'errors']] },
  { metric: DOWN, counts: [['availability', 'violations']], needs: 'count==0' },
  { metric: 'baton_logouts', counts: [['logout-final', 'logouts']], needs: 'count>0' },
  { metric: 'baton_logouts_raced', counts: [['logout-final', 'raced']], needs: 'count>=3' },
  { metric: 'baton_logouts_untold', counts: [['logout-final', 'indeterminate']], needs: 'count==0' },
  { metric: 'baton_replays', counts: [['logout-final', 'replays']], needs: some },
  { metric: 'baton_zombies', counts: [['logout-final', 'violations']], needs: 'count==0' },
];

/** Counters with a tag. */
export const TAGGED = {
  /** Requests by the instance that served them. */
  requests: { metric: 'baton_requests', tag: 'instance' },
  /** Sessions that an instance served at least once. */
  met: { metric: 'baton_sessions_met', tag: 'instance' },
  /** Operations by outcome. */
  operations: { metric: 'baton_operations', tag: 'outcome' },
  /** Operations without success, by status class or failure. */
  failed: { metric: 'baton_failed', tag: 'how' },
  /** Responses of an instance to the cookie of a session that was logged out. */
  replayed: { metric: 'baton_replayed', tag: 'instance' },
} as const;

const OUTCOMES = ['ok', 'fail', 'info'] as const;
export const FAILURES = ['3xx', '4xx', '5xx', 'other', 'no answer'] as const;
/** Tag value for all instances that were not expected. */
export const OTHER = 'other';
/** Exceptions of the script. An iteration that ended in an exception has checked nothing. */
export const ERRORS = 'baton_script_errors';
/** Logins of users whose session was lost. */
export const RELOGINS = 'baton_relogins';
/** Milliseconds from the start of the run to each anomaly, by guarantee. */
export const BROKE = 'baton_broke_after';
/** Milliseconds since the last success of a session. Recorded for each failed request and for the next success. */
export const GAP = 'baton_gap';

/** Returns the class of a response that is not a success. */
export function failureOf(status: number | undefined): (typeof FAILURES)[number] {
  if (status === undefined) return 'no answer';
  return FAILURES.find(name => name === `${Math.floor(status / 100)}xx`) ?? 'other';
}

export const tagged = ({ metric, tag }: { metric: string; tag: string }, value: string): string =>
  `${metric}{${tag}:${value}}`;

/** Returns the thresholds of k6. A threshold without a condition makes k6 keep the submetric for the summary. */
export function thresholdsOf(
  { claims, figures, window }: Judged,
  instances: readonly string[],
): Record<string, string[]> {
  const thresholds: Record<string, string[]> = { [ERRORS]: ['count==0'] };
  if (window?.gap !== undefined && claims.includes('availability')) thresholds[GAP] = [`max<=${window.gap}`];
  if (claims.includes('routing')) thresholds[TAGGED.requests.metric] = ['count>=100'];
  for (const { metric, needs, counts } of figures) {
    if (needs !== undefined && counts.some(([guarantee]) => claims.includes(guarantee)))
      thresholds[metric] = [needs];
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
  const counts = new Map<Guarantee, Record<string, number | NamedCounts>>([
    ['routing', { requests: sum(TAGGED.requests.metric) }],
    ['logout-final', { tried: Object.fromEntries(replayed) }],
  ]);
  for (const { metric, counts: names } of figures) {
    for (const [guarantee, name] of names) {
      const of = counts.get(guarantee) ?? {};
      of[name] = sum(metric);
      counts.set(guarantee, of);
    }
  }
  return counts;
}
