/** Makes the result of a k6 run from its metrics. */
import { type Check, type Conclusion, type Counts, conclude } from '../checks/check.ts';
import { COMMAND } from '../command.ts';
import type { Run } from '../history/history.ts';
import { counted, grouped, percent } from '../result/format.ts';
import { headOf, type Result, type Tally } from '../result/result.ts';
import { combine, type Verdict } from '../result/verdict.ts';
import {
  ATTEMPTS,
  countsOf,
  ERRORS,
  FAILURES,
  GAP,
  type Judged,
  OTHER,
  TAGGED,
  tagged,
  UNAVAILABLE,
  type WindowBudget,
} from './figures.ts';

export interface Metric {
  type?: string;
  /** Unit of the values: `time` for milliseconds, `data` for bytes, or `default`. */
  contains?: string;
  values: Readonly<Record<string, number>>;
  thresholds?: Readonly<Record<string, { ok: boolean }>>;
}

/** The data that k6 passes to handleSummary(). */
export interface Summed {
  metrics?: Readonly<Record<string, Metric>>;
  state?: { testRunDurationMs: number; isStdOutTTY: boolean };
}

export interface ScriptSettings {
  script: string;
  judged: Judged;
  /** Names of the instances that must serve requests. */
  instances: readonly string[];
}

type Sum = (metric: string) => number;

/** Makes the result of a k6 run. @param run the first line of the history, made in setup() */
export function resultOf(data: Summed, run: Run, settings: ScriptSettings): Result {
  const { instances } = settings;
  const sum: Sum = metric => data.metrics?.[metric]?.values['count'] ?? 0;
  const guarantees = verdicts(data, sum, run, settings);
  const errors = sum(ERRORS);
  const limits = crossed(data);
  const judgements = guarantees.filter(({ claimed }) => claimed).map(verdict => verdict.judgement);
  if (errors > 0) judgements.push('unknown');
  if (limits.length > 0) judgements.push('violated');
  return {
    ...headOf(run),
    finished: 'complete',
    judgement: combine(judgements),
    guarantees,
    tally: tallyOf(sum, instances, (data.state?.testRunDurationMs ?? 0) * 1000),
    remarks: remarksOn(guarantees, errors, settings),
    ...(limits.length === 0 ? {} : { limits }),
  };
}

/** Returns the failed thresholds of the script. Omits those of Baton's metrics, because the verdicts explain them. */
function crossed({ metrics = {} }: Summed): string[] {
  return Object.entries(metrics)
    .filter(([name]) => !name.startsWith('baton_'))
    .flatMap(([name, { thresholds = {} }]) =>
      Object.entries(thresholds)
        .filter(([, { ok }]) => !ok)
        .map(([threshold]) => `${name} ${threshold}`),
    )
    .toSorted();
}

function remarksOn(guarantees: readonly Verdict[], errors: number, { script }: ScriptSettings): string[] {
  const remarks: string[] = [];
  if (errors > 0) remarks.push(`${counted(errors, 'iteration')} of the script ended in an error: see above`);
  if (guarantees.some(verdict => verdict.violations > 0)) {
    remarks.push(
      `to see the requests: HISTORY=1 k6 run --console-output run.ndjson --log-format raw loadtests/${script}.ts, ` +
        `then ${COMMAND} check run.ndjson`,
    );
  }
  return remarks;
}

function verdicts(data: Summed, sum: Sum, run: Run, { judged, instances }: ScriptSettings): Verdict[] {
  const counts = countsOf(judged, instances, sum);
  const missing = instances.filter(instance => sum(tagged(TAGGED.requests, instance)) === 0);
  const served = [...instances, OTHER].map(name => [name, sum(tagged(TAGGED.requests, name))]);
  const routes: Counts = { ...counts.get('routing'), served: Object.fromEntries(served) };
  const conclusionOf = ({ guarantee, conclude: concluded }: Check): Conclusion => {
    if (guarantee === 'availability' && judged.window !== undefined)
      return withinWindow(sum, data.metrics?.[GAP]?.values['max'] ?? 0, judged.window);
    if (guarantee !== 'routing') return concluded(counts.get(guarantee) ?? {}, run);
    // A k6 threshold can test whether every instance serves, but not whether the shares are even.
    const found = concluded(routes, { ...run, routing: 'least-outstanding' });
    if (missing.length === 0) return found;
    return { ...found, judgement: 'unknown', why: notServed(missing), finding: '' };
  };
  return judged.checks.map(check => {
    const conclusion = conclusionOf(check);
    // Each virtual user counts only the pairs of its own logins, so these counts cannot be added up.
    const { 'login pairs': _, ...rests } = conclusion.rests;
    const { guarantee } = check;
    return { guarantee, claimed: judged.claims.includes(guarantee), ...conclusion, rests, anomalies: [] };
  });
}

/** Minimum number of requests for a verdict if the whole run counts as one fault. */
const ENOUGH = 100;

/** Judges `availability` if the whole run counts as one fault. @param gap the longest wait of a user, milliseconds */
function withinWindow(sum: Sum, gap: number, budget: WindowBudget): Conclusion {
  const [requests, errors] = [sum(ATTEMPTS), sum(UNAVAILABLE)];
  const most = budget.errors ?? 1;
  const tooMany = errors > most * requests;
  const tooLong = budget.gap !== undefined && gap > budget.gap;
  const missing =
    requests < ENOUGH ? `${counted(requests, 'request')}, ${ENOUGH} are needed: run for longer` : undefined;
  const waited = budget.gap === undefined ? '' : `, with a wait of at most ${milliseconds(budget.gap)}`;
  const finding =
    `${grouped(errors)} of ${counted(requests, 'request')} failed, and a user waited up to ${milliseconds(gap)} ` +
    `for the next success; the budget is ${percent(most)}${waited}`;
  return conclude(Number(tooMany) + Number(tooLong), missing, { requests }, finding);
}

const milliseconds = (time: number): string => `${grouped(Math.round(time))} ms`;

const notServed = (missing: readonly string[]): string =>
  `no response came from ${missing.join(', ')}, which INSTANCES names: check that the balancer routes to every ` +
  'instance, without stickiness';

function tallyOf(sum: Sum, instances: readonly string[], duration: number): Tally {
  const outcome = (name: string): number => sum(tagged(TAGGED.operations, name));
  const [ok, fail, info] = [outcome('ok'), outcome('fail'), outcome('info')];
  const rows = [...instances, OTHER].map(instance => ({
    instance,
    requests: sum(tagged(TAGGED.requests, instance)),
    sessions: sum(tagged(TAGGED.met, instance)),
  }));
  const known = rows.reduce((total, { requests }) => total + requests, 0);
  const failures = FAILURES.map(how => [how, sum(tagged(TAGGED.failed, how))] as const);
  return {
    operations: ok + fail + info,
    ok,
    fail,
    info,
    sessions: sum('baton_sessions'),
    users: sum('baton_users'),
    handoffs: sum('baton_handoffs'),
    duration,
    failures: Object.fromEntries(failures.filter(([, times]) => times > 0)),
    instances: rows
      .filter(({ instance, requests }) => instance !== OTHER || requests > 0)
      .map(row => ({ ...row, share: known === 0 ? 0 : row.requests / known })),
  };
}
