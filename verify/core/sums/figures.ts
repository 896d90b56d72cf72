/**
 * The counts of the checks as metrics of k6, which adds them up over its virtual users: which metric is which count, and
 * the thresholds that fail a run.
 */
import type { Check, Counts } from '../check.ts';
import { ENOUGH_HANDOFFS } from '../check.ts';
import { availability } from '../checks/availability.ts';
import { continuity } from '../checks/continuity.ts';
import { isolation } from '../checks/isolation.ts';
import { logoutFinal } from '../checks/logout-final.ts';
import { monotonicReads } from '../checks/monotonic-reads.ts';
import { readYourWrites } from '../checks/read-your-writes.ts';
import { routing } from '../checks/routing.ts';
import type { Guarantee } from '../guarantees.ts';
import { TRIED } from '../reach.ts';
import type { Repeated } from '../repeats.ts';

/** What every virtual user judges: all that one client can see. */
const ALWAYS: readonly Check[] = [
  continuity,
  isolation,
  routing,
  readYourWrites,
  monotonicReads,
  availability,
];

/** What a script is judged by: a guarantee that it does nothing for costs nothing. */
export interface Judged {
  checks: readonly Check[];
  /** Of these, what the target claims: only that can fail the run. */
  claims: readonly Guarantee[];
  figures: readonly Figure[];
  /** The budget of a script whose whole run is one fault window; absent: no request may fail. */
  window?: WindowBudget;
}

/** What may fail while the run itself is the disturbance, as in a deploy. */
export interface WindowBudget {
  /** Share of the requests that may fail. */
  errors?: number;
  /** The longest time for which a user may wait for the next success, milliseconds. */
  gap?: number;
}

/**
 * @param claims of the target
 * @param logouts whether the script logs out and asks with the old cookie
 * @param window the budget of a script whose whole run is one fault window
 */
export function judgedBy(claims: readonly string[], logouts: boolean, window?: WindowBudget): Judged {
  const checks = logouts ? [...ALWAYS, logoutFinal] : ALWAYS;
  const names = checks.map(check => check.guarantee);
  const claimed = names.filter(name => claims.includes(name));
  const figures = FIGURES.filter(({ counts }) => names.includes(counts[0][0]));
  if (window === undefined) return { checks, claims: claimed, figures };
  // Errors are counted; the budget decides how many there may be.
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
  /** The counts that it stands for. They are equal; the first is where it is read. */
  counts: readonly [readonly [Guarantee, string], ...(readonly [Guarantee, string])[]];
  /**
   * What the sum must be, as k6 writes it. Together these hold exactly when the verdicts that follow from the sums
   * are valid (a test says so). A counter to which nothing was added is 0, so that nothing passes for want of data.
   */
  needs?: string;
  /** What reads add to it that only repeat what was judged. */
  repeated?: keyof Repeated;
  /** Counted once for each account: two virtual users that share one are one user. */
  perAccount?: true;
}

const some = `count>=${ENOUGH_HANDOFFS}`;
/** Anomalies of availability: requests that failed or came too late. */
const DOWN = 'baton_down';
/** Of those: requests that got a 5xx or no response. */
export const UNAVAILABLE = 'baton_unavailable';
/** Requests that availability has judged. */
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
  { metric: 'baton_logins_accepted', counts: [['continuity', 'pairs that accept']] },
  { metric: 'baton_logins_refused', counts: [['continuity', 'pairs that refuse']], needs: 'count==0' },
  { metric: 'baton_responses', repeated: 'reads', counts: [['isolation', 'responses']] },
  { metric: 'baton_users', counts: [['isolation', 'users']], needs: 'count>=2', perAccount: true },
  {
    metric: 'baton_canary_users',
    counts: [['isolation', 'users with canaries']],
    needs: 'count>=2',
    perAccount: true,
  },
  { metric: 'baton_session_ids', counts: [['isolation', 'session ids']] },
  { metric: 'baton_bleed', counts: [['isolation', 'shown']], needs: 'count==0' },
  { metric: 'baton_reads_after_write', repeated: 'written', counts: [['read-your-writes', 'reads']] },
  {
    metric: 'baton_reads_after_write_elsewhere',
    repeated: 'writtenElsewhere',
    counts: [['read-your-writes', 'crossed']],
    needs: some,
  },
  { metric: 'baton_sessions_with_writes', counts: [['read-your-writes', 'sessions']] },
  { metric: 'baton_stale', counts: [['read-your-writes', 'broken']], needs: 'count==0' },
  { metric: 'baton_reads_compared', repeated: 'pairs', counts: [['monotonic-reads', 'reads']] },
  {
    metric: 'baton_reads_compared_elsewhere',
    repeated: 'pairsElsewhere',
    counts: [['monotonic-reads', 'crossed']],
    needs: some,
  },
  { metric: 'baton_sessions_with_reads', counts: [['monotonic-reads', 'sessions']] },
  { metric: 'baton_back', counts: [['monotonic-reads', 'broken']], needs: 'count==0' },
  { metric: 'baton_sessions_routed', counts: [['routing', 'sessions']] },
  { metric: ATTEMPTS, repeated: 'reads', counts: [['availability', 'requests']], needs: 'count>=100' },
  { metric: UNAVAILABLE, counts: [['availability', 'errors']] },
  { metric: DOWN, counts: [['availability', 'down']], needs: 'count==0' },
  { metric: 'baton_logouts', counts: [['logout-final', 'logouts']], needs: 'count>0' },
  { metric: 'baton_logouts_raced', counts: [['logout-final', 'raced']], needs: 'count>=3' },
  { metric: 'baton_logouts_untold', counts: [['logout-final', 'indeterminate']], needs: 'count==0' },
  { metric: 'baton_replays', counts: [['logout-final', 'replays']], needs: some },
  { metric: 'baton_zombies', counts: [['logout-final', 'alive']], needs: 'count==0' },
];

/** Counters with a tag, and the values that the tag may have. */
export const TAGGED = {
  /** Requests by the instance that served them. */
  requests: { metric: 'baton_requests', tag: 'instance' },
  /** Sessions that an instance has met. */
  met: { metric: 'baton_sessions_met', tag: 'instance' },
  /** Operations by how they went. */
  operations: { metric: 'baton_operations', tag: 'outcome' },
  /** Those without success, by what came instead. */
  failed: { metric: 'baton_failed', tag: 'how' },
  /** Answers of an instance to the cookie of a session that was logged out. */
  replayed: { metric: 'baton_replayed', tag: 'instance' },
} as const;

const OUTCOMES = ['ok', 'fail', 'info'] as const;
export const FAILURES = ['3xx', '4xx', '5xx', 'other', 'no answer'] as const;
/** Stands for all instances that were not expected. */
export const OTHER = 'other';
/** Exceptions of the script: an iteration that ended in one has checked nothing. */
export const ERRORS = 'baton_script_errors';
/** Logins of users whose session was lost. */
export const RELOGINS = 'baton_relogins';
/** Milliseconds from the beginning of the run to something that broke, by guarantee. */
export const BROKE = 'baton_broke_after';
/** Milliseconds since the last success of a session, for each request that failed and for the next success. */
export const GAP = 'baton_gap';

/** What came instead of success, in one of few words. */
export function failureOf(status: number | undefined): (typeof FAILURES)[number] {
  if (status === undefined) return 'no answer';
  return FAILURES.find(name => name === `${Math.floor(status / 100)}xx`) ?? 'other';
}

export const tagged = ({ metric, tag }: { metric: string; tag: string }, value: string): string =>
  `${metric}{${tag}:${value}}`;

/** @returns the thresholds of k6; one without a condition only makes k6 keep that part of a metric for the summary */
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

/**
 * @param sum of a metric over all virtual users
 * @returns the counts of each check
 */
export function countsOf(
  { figures }: Judged,
  instances: readonly string[],
  sum: (metric: string) => number,
): Map<Guarantee, Counts> {
  const replayed = instances.map(name => [TRIED + name, sum(tagged(TAGGED.replayed, name))]);
  const counts = new Map<Guarantee, Record<string, number>>([
    ['routing', { requests: sum(TAGGED.requests.metric) }],
    ['logout-final', Object.fromEntries(replayed)],
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
