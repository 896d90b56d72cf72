/** Decides before and after each fault whether the system is healthy. */
import type { Stack } from '../../stack/stack.ts';
import type { Target } from '../target/load.ts';
import type { ObservedLoad } from './load.ts';

export interface System {
  /**
   * Returns whether the system is healthy.
   *
   * @param instances number of instances that must have served, if responses name their instance
   */
  healthy(load: ObservedLoad, instances: number): Promise<boolean>;
  /** Default maximum time until the system is healthy again, milliseconds. */
  recovery: number;
}

/**
 * Returns the bundled stack as a system to disturb.
 *
 * @param reached if true, an instance is healthy only if the load reaches it through the balancer
 */
export const stackSystem = (stack: Stack, reached: boolean): System => ({
  recovery: Math.max(10_000, stack.fleet?.recoversWithinMs ?? 0),
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

/** Returns a system that Baton did not start. Only its responses show whether it is healthy. */
export const ownSystem = ({ instance, routing }: Target): System => ({
  recovery: 60_000,
  /** The load must reach as many instances as before the fault, and all declared addresses must respond. */
  async healthy(load, instances) {
    if (load.signedInResponses() === 0) return false;
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
