/** Finds the logs of a stack that Baton did not start, in a folder: compose shares them by volumes. */
import { existsSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { instanceLog, routedBalancerLog } from './logs.ts';
import type { LogSource } from './stack.ts';

/**
 * Returns the logs in a folder.
 *
 * @param folder has `balancer/access.log` as deploy/balancer.sh writes it, `instances/NAME.log` as LOG_FILE makes
 *   the app write it, or one of the two
 * @throws Error if it has neither
 */
export function logFolder(folder: string): LogSource[] {
  const balancer = join(folder, 'balancer', 'access.log');
  const instances = join(folder, 'instances');
  const names = existsSync(instances) ? readdirSync(instances).filter(name => name.endsWith('.log')) : [];
  const sources = names.toSorted().map(file => instanceLog(basename(file, '.log'), join(instances, file)));
  if (existsSync(balancer)) sources.unshift(routedBalancerLog('balancer', balancer));
  if (sources.length > 0) return sources;
  throw new Error(
    `${folder}: expected balancer/access.log or instances/NAME.log in it, found neither. ` +
      'Start the stack, or name the folder that it logs to (docs/compose.md)',
  );
}
