/** A k6 script that judges a history with all checks, and prints the report. */
import { CHECKS } from '../../verify/core/checks/index.ts';
import { parseEvent } from '../../verify/core/history/parse.ts';
import { Judge } from '../../verify/core/timeline/judge.ts';
import { terminal } from '../../verify/reports/terminal.ts';

const lines = open(__ENV['FILE'] ?? '')
  .trim()
  .split('\n');

export const options = { vus: 1, iterations: 1 };

export default function (): void {}

export function handleSummary(): Record<string, string> {
  const [first = '', ...rest] = lines;
  const run = parseEvent(first);
  if (run.type !== 'run') throw new Error(`expected a history that begins with a "run" line, got ${first}`);
  const judge = new Judge(run, CHECKS);
  for (const line of rest) judge.step(parseEvent(line));
  const result = judge.finish();
  return { stdout: `${terminal(result, { colour: true, width: 80 })}${JSON.stringify(result)}\n` };
}
