/** `baton check`: judges a recorded history again. */

import type { Check } from '../core/checks/check.ts';
import { checksWithin } from '../core/checks/index.ts';
import { COMMAND } from '../core/command.ts';
import type { Result } from '../core/result/result.ts';
import { combine } from '../core/result/verdict.ts';
import type { Searching } from '../core/search/searches.ts';
import { EXIT, UsageError } from '../errors.ts';
import { jepsenOptions, judgeJepsen } from '../import/jepsen.ts';
import { judgeFile, judgeFiles } from '../judge-file.ts';
import { ServedLater } from '../served-later.ts';
import { milliseconds } from './arguments.ts';
import { baselineOf, compareWith, comparisonForReports, judgementsOf, updateBaseline } from './baseline.ts';
import type { OptionValues } from './options.ts';
import { type Output, printResult } from './output.ts';
import { reportsOf, writeReports } from './reports.ts';
import { TARGET } from './tables/shared.ts';

/**
 * Judges a recorded run, and returns the exit code.
 *
 * @param runs one run, or its parts from several k6 machines
 */
export async function checkCommand(
  runs: readonly string[],
  values: OptionValues<'check'>,
  output: Output,
): Promise<number> {
  const [run, ...more] = runs;
  if (run === undefined)
    throw new UsageError(`check: expected a run, as in: ${COMMAND} check runs/20261124-101500-3fa2c1`);
  if (values.from !== undefined && values.from !== 'jepsen')
    throw new UsageError(`--from: expected jepsen, got ${values.from}`);
  const [jepsens] = (['model', 'initial', 'nil-reads'] as const).filter(name => values[name] !== undefined);
  if (jepsens !== undefined && values.from === undefined)
    throw new UsageError(
      `--${jepsens}: expected --from jepsen too, because this option is only for histories that Jepsen recorded`,
    );
  const reports = reportsOf(values.report);
  const baseline = await baselineOf(values);
  const searching = searchingOf(values);
  const judge = judging(run, more, values, searching);
  const result = await judge(checksWithin(searching));
  const comparison = compareWith(baseline, result);
  printResult(result, values, output, comparison);
  const replay = values.from === undefined ? (check: Check) => judge([check]) : undefined;
  await writeReports(
    reports,
    { result, ...comparisonForReports(baseline, comparison), replay },
    TARGET,
    output,
  );
  await updateBaseline(baseline, result, output);
  return EXIT[combine([result.judgement, ...judgementsOf(baseline, comparison)])];
}

function searchingOf(values: OptionValues<'check'>): Searching {
  const budget = milliseconds(values.budget, '--budget');
  let end: number | undefined;
  const isLate = (): boolean => {
    end ??= performance.now() + budget;
    return performance.now() >= end;
  };
  return { isLate, steps: Number.POSITIVE_INFINITY, allObjects: values['all-objects'] };
}

function judging(
  run: string,
  more: readonly string[],
  values: OptionValues<'check'>,
  searching: Searching,
): (checks: readonly Check[]) => Promise<Result> {
  const { logs, from } = values;
  if (logs !== undefined && (more.length > 0 || from !== undefined))
    throw new UsageError('check --logs: expected one run that Baton recorded, and no --from');
  if (logs !== undefined)
    return async checks => judgeFile(run, checks, await ServedLater.read(logs.split(',')));
  if (from === undefined)
    return checks => (more.length === 0 ? judgeFile(run, checks) : judgeFiles([run, ...more], checks));
  if (more.length === 0) return () => judgeJepsen(run, jepsenOptions(values), searching);
  throw new UsageError(`check --from jepsen: expected one history, got ${more.length + 1}`);
}
