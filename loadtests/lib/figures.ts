/** The figures of a run as k6 metrics: which count of which check, and what fails the run. Pure. */
import type { Check, Counts } from '../../verify/core/check.ts';
import { ENOUGH_HANDOFFS } from '../../verify/core/check.ts';
import { continuity } from '../../verify/core/checks/continuity.ts';
import { isolation } from '../../verify/core/checks/isolation.ts';
import { monotonicReads } from '../../verify/core/checks/monotonic-reads.ts';
import { readYourWrites } from '../../verify/core/checks/read-your-writes.ts';
import { routing } from '../../verify/core/checks/routing.ts';
import type { Guarantee } from '../../verify/core/guarantees.ts';

/** What a virtual user judges: all that one client can see. */
export const CHECKS: readonly Check[] = [continuity, isolation, routing, readYourWrites, monotonicReads];

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
  /** Counted once for each account: two virtual users that share one are one user. */
  perAccount?: true;
}

const some = `count>=${ENOUGH_HANDOFFS}`;

export const FIGURES: readonly Figure[] = [
  { metric: 'baton_sessions', counts: [['continuity', 'sessions']], needs: 'count>0' },
  { metric: 'baton_judged', counts: [['continuity', 'requests']], needs: 'count>0' },
  { metric: 'baton_handoffs', counts: [['continuity', 'handoffs']], needs: some },
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
  { metric: 'baton_responses', counts: [['isolation', 'responses']] },
  { metric: 'baton_users', counts: [['isolation', 'users']], needs: 'count>=2', perAccount: true },
  {
    metric: 'baton_canary_users',
    counts: [['isolation', 'users with canaries']],
    needs: 'count>=2',
    perAccount: true,
  },
  { metric: 'baton_session_ids', counts: [['isolation', 'session ids']] },
  { metric: 'baton_bleed', counts: [['isolation', 'shown']], needs: 'count==0' },
  { metric: 'baton_reads_after_write', counts: [['read-your-writes', 'reads']] },
  { metric: 'baton_reads_after_write_elsewhere', counts: [['read-your-writes', 'crossed']], needs: some },
  { metric: 'baton_sessions_with_writes', counts: [['read-your-writes', 'sessions']] },
  { metric: 'baton_stale', counts: [['read-your-writes', 'broken']], needs: 'count==0' },
  { metric: 'baton_reads_compared', counts: [['monotonic-reads', 'reads']] },
  { metric: 'baton_reads_compared_elsewhere', counts: [['monotonic-reads', 'crossed']], needs: some },
  { metric: 'baton_sessions_with_reads', counts: [['monotonic-reads', 'sessions']] },
  { metric: 'baton_back', counts: [['monotonic-reads', 'broken']], needs: 'count==0' },
  { metric: 'baton_sessions_routed', counts: [['routing', 'sessions']] },
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
} as const;

const OUTCOMES = ['ok', 'fail', 'info'] as const;
export const FAILURES = ['3xx', '4xx', '5xx', 'other', 'no answer'] as const;
/** Stands for all instances that were not expected. */
export const OTHER = 'other';
/** Exceptions of the script: an iteration that ended in one has checked nothing. */
export const ERRORS = 'baton_script_errors';

/** What came instead of success, in one of few words. */
export function failureOf(status: number | undefined): (typeof FAILURES)[number] {
  if (status === undefined) return 'no answer';
  return FAILURES.find(name => name === `${Math.floor(status / 100)}xx`) ?? 'other';
}

export const tagged = ({ metric, tag }: { metric: string; tag: string }, value: string): string =>
  `${metric}{${tag}:${value}}`;

/** @returns the thresholds of k6; one without a condition only makes k6 keep that part of a metric for the summary */
export function thresholdsOf(instances: readonly string[]): Record<string, string[]> {
  const thresholds: Record<string, string[]> = {
    [ERRORS]: ['count==0'],
    [TAGGED.requests.metric]: ['count>=100'],
  };
  for (const { metric, needs } of FIGURES) if (needs !== undefined) thresholds[metric] = [needs];
  for (const instance of [...instances, OTHER]) {
    thresholds[tagged(TAGGED.requests, instance)] = instance === OTHER ? [] : ['count>0'];
    thresholds[tagged(TAGGED.met, instance)] = [];
  }
  for (const outcome of OUTCOMES) thresholds[tagged(TAGGED.operations, outcome)] = [];
  for (const how of FAILURES) thresholds[tagged(TAGGED.failed, how)] = [];
  return thresholds;
}

/** @param sum of a metric over all virtual users @returns the counts of each check */
export function countsOf(sum: (metric: string) => number): Map<Guarantee, Counts> {
  const counts = new Map<Guarantee, Record<string, number>>([
    ['routing', { requests: sum(TAGGED.requests.metric) }],
  ]);
  for (const { metric, counts: names } of FIGURES) {
    for (const [guarantee, name] of names) {
      const of = counts.get(guarantee) ?? {};
      of[name] = sum(metric);
      counts.set(guarantee, of);
    }
  }
  return counts;
}
