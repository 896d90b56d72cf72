/** Can stickiness be turned off, and what breaks? The same seeded load with it on, off, re-pinned and broken. */
import { AFFINITIES, type AffinityMode } from './client/affinity.ts';
import type { Result } from './core/result.ts';
import { UsageError } from './errors.ts';
import { type VerifyOptions, verify } from './run.ts';
import type { Target } from './target/load.ts';
import { chosen } from './workloads/index.ts';

export interface StickyRun {
  mode: AffinityMode;
  result: Result;
  folder: string;
}

/**
 * @param onMode told before each of the four loads
 * @returns a run for each way in which the balancer's cookie is treated
 * @throws UsageError when the target file does not name the cookie; else what `verify` throws
 */
export async function stickyReport(
  target: Target,
  options: VerifyOptions,
  onMode: (mode: AffinityMode) => void,
): Promise<StickyRun[]> {
  const { instance } = target;
  if (instance?.sticky === undefined)
    throw new UsageError(
      '--sticky-report: expected `instance.sticky` in the target file: the cookie by which the balancer keeps a client ' +
        'on its instance, such as AWSALB or route',
    );
  // Timeouts are waited for in vain four times, and what is sent past the balancer says nothing of it.
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
