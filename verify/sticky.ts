/**
 * Finds out whether stickiness can be turned off: sends the same load in each mode of stickiness (client/affinity.ts).
 */
import { AFFINITIES, type AffinityMode } from './client/affinity.ts';
import type { Result } from './core/result/result.ts';
import { UsageError } from './errors.ts';
import type { VerifyOptions } from './plan.ts';
import { verify } from './run.ts';
import type { Target } from './target/load.ts';
import { chosen } from './workloads/index.ts';

export interface StickyRun {
  mode: AffinityMode;
  result: Result;
  folder: string;
}

/**
 * Sends the same load in each mode of the affinity cookie. Returns fewer runs if the signal aborts.
 *
 * @param onMode called before each run
 * @throws UsageError if the target file does not name the cookie; also the errors of `verify`
 */
export async function stickyReport(
  target: Target,
  options: VerifyOptions,
  onMode: (mode: AffinityMode) => void,
): Promise<StickyRun[]> {
  const { instance } = target;
  if (instance?.sticky === undefined)
    throw new UsageError(
      '--sticky-report: expected `instance.sticky` in the target file: the cookie by which the balancer pins a client ' +
        'to its instance, such as AWSALB or route',
    );
  // Omits session timeouts and direct requests, because they do not depend on stickiness.
  const { expiry: _, ...rest } = target;
  const through = { ...rest, instance: { ...instance, addresses: {} } };
  const workloads = chosen(through, options.workloads ?? []).filter(name => name !== 'idle');
  const runs: StickyRun[] = [];
  for (const mode of AFFINITIES) {
    if (options.signal?.aborted) break;
    onMode(mode);
    const routing = mode === 'on' ? 'sticky' : 'least-outstanding';
    const run = await verify({ ...through, routing }, { ...options, workloads, affinity: mode });
    runs.push({ mode, ...run });
  }
  return runs;
}
