/** Finds the logs of a stack that Baton did not start. They are in one folder, which compose shares through volumes. */
import { existsSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { LogSource } from '../verify/client/logs.ts';
import { instanceLog, routedBalancerLog } from './logs.ts';

/**
 * Returns the logs in a folder. Throws if there are none.
 *
 * @param folder contains `balancer/access.log` (of deploy/balancer.sh), or `instances/NAME.log` (LOG_FILE), or both
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
