/** The metrics of a whole run → the verdict, as the verifier's reports tell it. Pure: see handleSummary. */
import {
  type Conclusion,
  type Counts,
  conclude,
  counted,
  grouped,
  percent,
} from '../../verify/core/check.ts';
import { served } from '../../verify/core/checks/shares.ts';
import { COMMAND } from '../../verify/core/command.ts';
import type { Guarantee } from '../../verify/core/guarantees.ts';
import type { Run } from '../../verify/core/history.ts';
import type { Result, Tally } from '../../verify/core/result.ts';
import { combine, type Verdict } from '../../verify/core/verdict.ts';
import { html } from '../../verify/reports/html.ts';
import { junit } from '../../verify/reports/junit.ts';
import { terminal } from '../../verify/reports/terminal.ts';
import {
  ATTEMPTS,
  countsOf,
  ERRORS,
  FAILURES,
  GAP,
  OTHER,
  TAGGED,
  tagged,
  UNAVAILABLE,
  type WindowBudget,
} from './figures.ts';
import { k6Summary, type SummaryData } from './k6-summary.ts';
import { durationOf, failedOf, type Part } from './parts.ts';
import type { Shared } from './run.ts';
import type { Settings } from './settings.ts';

type Sum = (metric: string) => number;

/** @param run what setup() made */
export function resultOf(data: SummaryData, run: Run, settings: Settings): Result {
  const { instances } = settings;
  const sum: Sum = metric => data.metrics?.[metric]?.values['count'] ?? 0;
  const guarantees = verdicts(data, sum, run, settings);
  const errors = sum(ERRORS);
  const limits = crossed(data);
  const judgements = guarantees.filter(({ claimed }) => claimed).map(verdict => verdict.judgement);
  if (errors > 0) judgements.push('unknown');
  if (limits.length > 0) judgements.push('violated');
  return {
    format: 'baton-result',
    version: 1,
    run: run.run,
    target: run.target,
    url: run.url,
    seed: run.seed,
    started: run.started,
    command: run.command,
    finished: 'complete',
    judgement: combine(judgements),
    guarantees,
    tally: tallyOf(sum, instances, (data.state?.testRunDurationMs ?? 0) * 1000),
    remarks: remarksOn(guarantees, errors, settings),
    ...(limits.length === 0 ? {} : { limits }),
  };
}

/** @returns the thresholds that did not hold, beside those that the table of guarantees explains */
function crossed({ metrics = {} }: SummaryData): string[] {
  return Object.entries(metrics)
    .filter(([name]) => !name.startsWith('baton_'))
    .flatMap(([name, { thresholds = {} }]) =>
      Object.entries(thresholds)
        .filter(([, { ok }]) => !ok)
        .map(([threshold]) => `${name} ${threshold}`),
    )
    .toSorted();
}

function remarksOn(guarantees: readonly Verdict[], errors: number, { script }: Settings): string[] {
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

function verdicts(data: SummaryData, sum: Sum, run: Run, { judged, instances }: Settings): Verdict[] {
  const counts = countsOf(judged, instances, sum);
  const missing = instances.filter(instance => sum(tagged(TAGGED.requests, instance)) === 0);
  const shares = [...instances, OTHER].map(name => [served(name), sum(tagged(TAGGED.requests, name))]);
  const routes: Counts = { ...counts.get('routing'), ...Object.fromEntries(shares) };
  return judged.checks.map(check => {
    const { guarantee } = check;
    const claimed = judged.claims.includes(guarantee);
    if (guarantee === 'availability' && judged.window !== undefined) {
      const gap = data.metrics?.[GAP]?.values['max'] ?? 0;
      return verdict(guarantee, claimed, withinWindow(sum, gap, judged.window));
    }
    if (guarantee !== 'routing') {
      return verdict(guarantee, claimed, check.conclude(counts.get(guarantee) ?? {}, run));
    }
    // No threshold of k6 can hold a chi-square test, so no more is claimed than one can hold.
    const found = verdict(
      guarantee,
      claimed,
      check.conclude(routes, { ...run, routing: 'least-outstanding' }),
    );
    if (missing.length === 0) return found;
    return { ...found, judgement: 'unknown', why: notServed(missing), finding: '' };
  });
}

/** The least number of requests in the window of a whole run. */
const ENOUGH = 100;

/** Judges availability where the whole run is one fault window. @param gap the longest of a user, milliseconds */
function withinWindow(sum: Sum, gap: number, budget: WindowBudget): Conclusion {
  const [requests, errors] = [sum(ATTEMPTS), sum(UNAVAILABLE)];
  const most = budget.errors ?? 1;
  const tooMany = errors > most * requests;
  const tooLong = budget.gap !== undefined && gap > budget.gap;
  const missing =
    requests < ENOUGH ? `${counted(requests, 'request')}, ${ENOUGH} are needed: run for longer` : undefined;
  const waited = budget.gap === undefined ? '' : `, ${milliseconds(budget.gap)} of waiting for a user`;
  const finding =
    `${grouped(errors)} of ${counted(requests, 'request')} failed, the longest wait of a user for the next success ` +
    `was ${milliseconds(gap)}; the budget is ${percent(most)}${waited}`;
  return conclude(Number(tooMany) + Number(tooLong), missing, { requests }, finding);
}

const milliseconds = (time: number): string => `${grouped(Math.round(time))} ms`;

function verdict(
  guarantee: Guarantee,
  claimed: boolean,
  conclusion: Omit<Verdict, 'guarantee' | 'claimed' | 'anomalies'>,
): Verdict {
  // Each virtual user knows its own pairs of instances, which do not add up.
  const { 'login pairs': _, ...rests } = conclusion.rests;
  return { guarantee, claimed, ...conclusion, rests, anomalies: [] };
}

const notServed = (missing: readonly string[]): string =>
  `${missing.join(', ')} served nothing, and INSTANCES expects ${missing.length === 1 ? 'it' : 'them'}: see that ` +
  'the balancer reaches every instance and that the session does not stick to one';

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

/** @returns how each part of the run went: errors, and how long answers took */
export function partLines(data: SummaryData, parts: readonly Part[], word: string): string[] {
  const value = (metric: string, name: string): number => data.metrics?.[metric]?.values[name] ?? 0;
  return parts.map(({ name }) => {
    const failed = value(failedOf(name), 'passes');
    const all = failed + value(failedOf(name), 'fails');
    const ms = value(durationOf(name), 'p(95)').toFixed(1);
    return `${`${word} ${name}`.trim()}: ${counted(all, 'request')}, ${grouped(failed)} failed, 95 % answered in ${ms} ms`;
  });
}

/**
 * What k6 is to write: the table for the terminal, and the files that REPORT asks for.
 *
 * @param more lines of the script
 */
export function summariesOf(
  data: SummaryData,
  settings: Settings,
  more: readonly string[],
): Record<string, string> {
  if (data.metrics === undefined) {
    const stdout =
      'expected the metrics of k6 in the form of its default summary: run without --new-machine-readable-summary\n';
    return { stdout };
  }
  const shared = data.setup_data as Shared | undefined;
  if (shared === undefined) return { stdout: 'nothing was run: setup() did not end, see the error above\n' };
  const result = resultOf(data, shared.run, settings);
  const colour = settings.colour && data.state?.isStdOutTTY === true;
  const lines = more.map(line => `${line}\n`).join('');
  const summaries: Record<string, string> = {
    stdout: `${k6Summary(data, colour)}\n${lines}${terminal(result, { colour, width: 100 })}`,
  };
  const { report } = settings;
  if (report === undefined) return summaries;
  const told = { result, source: { path: `loadtests/${settings.script}.ts`, claims: {} } };
  summaries[`${report}.json`] = `${JSON.stringify(result, null, 2)}\n`;
  summaries[`${report}.xml`] = junit(told);
  summaries[`${report}.html`] = html(told);
  return summaries;
}
