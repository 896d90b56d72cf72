import { whyWithout } from '../../stack/testing/servers.ts';
import type { ZooEntry } from '../entry.ts';

/**
 * Returns why a deployment cannot run on this machine; '' if it can. `scripts/setup --stores` installs missing
 * servers.
 */
export function whyNotHere({ deployment: { env = {} } }: Pick<ZooEntry, 'deployment'>): string {
  const missing: string[] = [];
  if (env['SESSION_STORE'] === 'postgres') missing.push(whyWithout('PostgreSQL', 'postgres'));
  if (env['SESSION_STORE'] === 'memcached') missing.push(whyWithout('memcached', 'memcached'));
  if (env['STACK_BALANCER'] === 'haproxy') missing.push(whyWithout('HAProxy', 'haproxy'));
  return missing.filter(why => why !== '').join(', ');
}
