/** Where a command says things: cli.ts gives the real one. */
import type { Comparison } from '../core/compare/compare.ts';
import type { Result } from '../core/result.ts';
import type { Out } from '../progress.ts';
import { comparisonText } from '../reports/comparison.ts';
import { brief, terminal } from '../reports/terminal.ts';
import type { Values } from './options.ts';

export interface Output {
  /** Results: stdout. */
  result: Out;
  /** Progress, and where things are: stderr. */
  progress: Out;
  /** Whether results may have colours. */
  colour: boolean;
}

/** Columns where the terminal does not tell. */
const WIDTH = 100;

export const widthOf = ({ result }: Output): number => result.columns ?? WIDTH;

const printing = (output: Output) => ({ colour: output.colour, width: widthOf(output) });

/** A result, and what it is compared with the baseline. */
export function printResult(
  result: Result,
  { json, brief: short }: Pick<Values<'check'>, 'json' | 'brief'>,
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
  { json }: Pick<Values<'compare'>, 'json'>,
  output: Output,
): void {
  if (json) printJson(comparison, output);
  else output.result.write(comparisonText(comparison, printing(output)));
}

const printJson = (value: object, { result }: Output): void => {
  result.write(`${JSON.stringify(value, null, 2)}\n`);
};
