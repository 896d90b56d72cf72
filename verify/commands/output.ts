/** Where a command says things: cli.ts gives the real one. */
import type { Result } from '../core/result.ts';
import type { Out } from '../progress.ts';
import { terminal } from '../reports/terminal.ts';
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

export function printResult(result: Result, { json }: Pick<Values, 'json'>, output: Output): void {
  const options = { colour: output.colour, width: widthOf(output) };
  output.result.write(json ? `${JSON.stringify(result, null, 2)}\n` : terminal(result, options));
}
