/** Prints the result of a command to the streams that cli.ts passes. */
import type { Comparison } from '../core/compare/compare.ts';
import type { Result } from '../core/result/result.ts';
import type { Out } from '../progress.ts';
import { comparisonText } from '../reports/comparison.ts';
import { brief, terminal } from '../reports/terminal.ts';
import type { OptionValues } from './options.ts';

export interface Output {
  result: Out;
  progress: Out;
  colour: boolean;
}

const WIDTH = 100;

export const widthOf = ({ result }: Output): number => result.columns || WIDTH;

const printing = (output: Output) => ({ colour: output.colour, width: widthOf(output) });

export function printResult(
  result: Result,
  { json, brief: short }: Pick<OptionValues<'check'>, 'json' | 'brief'>,
  output: Output,
  comparison?: Comparison,
): void {
  if (json) {
    printJson(comparison === undefined ? result : { ...result, comparison }, output);
    return;
  }
  output.result.write((short ? brief : terminal)(result, printing(output)));
  if (comparison !== undefined) output.result.write(comparisonText(comparison, printing(output)));
}

export function printComparison(
  comparison: Comparison,
  { json }: Pick<OptionValues<'compare'>, 'json'>,
  output: Output,
): void {
  if (json) printJson(comparison, output);
  else output.result.write(comparisonText(comparison, printing(output)));
}

const printJson = (value: object, { result }: Output): void => {
  result.write(`${JSON.stringify(value, null, 2)}\n`);
};
