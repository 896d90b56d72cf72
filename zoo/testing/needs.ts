/**
 * Finds out whether this machine lacks a server that an entry of the zoo needs. A plain `scripts/setup` does
 * not install these servers; with `--stores` it does.
 */
import { whyWithout } from '../../stack/testing/servers.ts';
import type { ZooEntry } from '../entry.ts';

/** Returns why an entry cannot run on this machine; '' if it can. The last lines of the test run show this too. */
export function whyNotHere({ deployment: { env = {} } }: Pick<ZooEntry, 'deployment'>): string {
  const missing: string[] = [];
  if (env['SESSION_STORE'] === 'postgres') missing.push(whyWithout('PostgreSQL', 'postgres'));
  if (env['SESSION_STORE'] === 'memcached') missing.push(whyWithout('memcached', 'memcached'));
  if (env['STACK_BALANCER'] === 'haproxy') missing.push(whyWithout('HAProxy', 'haproxy'));
  return missing.filter(why => why !== '').join(', ');
}
