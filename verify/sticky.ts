/**
 * Finds out whether stickiness can be turned off: runs the same seeded load with stickiness on, off, re-pinned and
 * broken.
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
 * Runs the same load once for each way to treat the affinity cookie of the balancer.
 *
 * @param onMode called before each of the four loads
 * @returns one run for each mode
 * @throws UsageError when the target file does not name the cookie, and the errors of `verify`
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
  // The runs do not wait for session timeouts, because these waits would add no evidence. No request bypasses the
  // balancer, because such a request gives no evidence about stickiness.
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
