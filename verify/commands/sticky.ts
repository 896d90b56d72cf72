/** `baton verify --sticky-report`: finds guarantees that need a sticky balancer. */
import type { Result } from '../core/result/result.ts';
import { EXIT } from '../errors.ts';
import type { VerifyOptions } from '../plan.ts';
import { brokenWithout, stickyText } from '../reports/sticky.ts';
import { stickyReport } from '../sticky.ts';
import type { Target } from '../target/load.ts';
import type { Output } from './output.ts';

/** Runs loads with and without stickiness. Returns exit code 1 if a guarantee breaks without stickiness. */
export async function stickyCommand(
  target: Target,
  options: VerifyOptions,
  json: boolean,
  output: Output,
  onStep: (text: string) => void,
): Promise<number> {
  const runs = await stickyReport(target, options, mode => onStep(`stickiness ${mode}`));
  const results: Record<string, Result> = Object.fromEntries(runs.map(({ mode, result }) => [mode, result]));
  output.result.write(json ? `${JSON.stringify(results, null, 2)}\n` : `\n${stickyText(runs)}`);
  for (const { mode, folder } of runs) output.progress.write(`history, stickiness ${mode}: ${folder}\n`);
  if (options.signal?.aborted) return EXIT.interrupted;
  return brokenWithout(runs).length > 0 ? EXIT.violated : EXIT.valid;
}
