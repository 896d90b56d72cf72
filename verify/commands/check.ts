/** `baton check`: judges a recorded history again. */
import { EXIT, UsageError } from '../errors.ts';
import { jepsenOptions, judgeJepsen } from '../import/jepsen.ts';
import { judgeFile } from '../judge-file.ts';
import { TARGET, type Values } from './options.ts';
import { type Output, printResult } from './output.ts';
import { reportsOf, writeReports } from './reports.ts';

export async function checkCommand(run: string | undefined, values: Values, output: Output): Promise<number> {
  if (run === undefined)
    throw new UsageError('check: expected a run, as in: baton check runs/20261124-101500-3fa2c1');
  if (values.from !== undefined && values.from !== 'jepsen')
    throw new UsageError(`--from: expected jepsen, got ${values.from}`);
  const reports = reportsOf(values.report);
  const result =
    values.from === undefined ? await judgeFile(run) : await judgeJepsen(run, jepsenOptions(values));
  printResult(result, values, output);
  await writeReports(reports, result, TARGET, output);
  return EXIT[result.judgement];
}
