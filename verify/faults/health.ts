/** Whether a system is healthy: before a fault, and after it. */
import type { Stack } from '../../stack/stack.ts';
import type { Target } from '../target/load.ts';
import type { Load } from './load.ts';

/** What of a system a run has to know while it is disturbed. */
export interface System {
  /** @param instances how many have to answer, where that can be told */
  healthy(load: Load, instances: number): Promise<boolean>;
  /** Within which all is to be healthy again where nothing is declared, milliseconds. */
  recovery: number;
}

/** @param reached whether a healthy instance is one that the load reaches through the balancer */
export const stackSystem = (stack: Stack, reached: boolean): System => ({
  recovery: Math.max(10_000, stack.fleet?.recoversWithinMs ?? 0),
  /** Every part runs and takes requests, and the load gets through to every instance. */
  async healthy(load) {
    const instances = stack.instances();
    if (stack.fleet?.whole() === false) return false;
    if (![stack.balancer, ...stack.servers, ...instances].every(service => service.running())) return false;
    for (const { name, url } of instances) {
      if (reached && load.answered(name) === 0) return false;
      if (!(await serves(`${url}/readyz`))) return false;
    }
    return true;
  },
});

/** A system of somebody's own: what it is made of is not known, only what the load meets. */
export const ownSystem = ({ instance, routing }: Target): System => ({
  recovery: 60_000,
  /** The load gets through to as many instances as before, and those with an address of their own answer there. */
  async healthy(load, instances) {
    if (load.through() === 0) return false;
    if (routing === 'spread' && load.instances().length < instances) return false;
    for (const url of Object.values(instance?.addresses ?? {})) if (!(await serves(url))) return false;
    return true;
  },
});

async function serves(url: string): Promise<boolean> {
  const answer = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(2_000) });
  await answer.arrayBuffer();
  return answer.status < 500;
}
