/** `baton compare BASE CURRENT`: reports what is worse, what is better, and what is undetermined. */
import { runsIn } from '../baseline.ts';
import { COMMAND } from '../core/command.ts';
import { compare } from '../core/compare/compare.ts';
import { EXIT, UsageError } from '../errors.ts';
import type { OptionValues } from './options.ts';
import { type Output, printComparison } from './output.ts';

export async function compareCommand(
  sides: readonly string[],
  values: OptionValues<'compare'>,
  output: Output,
): Promise<number> {
  const [base, current, ...more] = sides;
  if (base === undefined || current === undefined || more.length > 0) {
    throw new UsageError(
      `compare: expected two arguments, the good run or baseline and the run to compare with it, got ${sides.length}\n` +
        `as in: ${COMMAND} compare baseline.json runs/20261124-101500-3fa2c1`,
    );
  }
  const comparison = compare(await runsIn(base), await runsIn(current));
  printComparison(comparison, values, output);
  return EXIT[comparison.judgement];
}
