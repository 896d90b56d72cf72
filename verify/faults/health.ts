/** Decides whether a system is healthy, before a fault and after it. */
import type { Stack } from '../../stack/stack.ts';
import type { Target } from '../target/load.ts';
import type { ObservedLoad } from './load.ts';

/** A system that a run disturbs: how to see that it is healthy, and how long it may take to recover. */
export interface System {
  /** @param instances number of instances that must serve, if responses name the instance */
  healthy(load: ObservedLoad, instances: number): Promise<boolean>;
  /** Default maximum time until the system is healthy again, milliseconds. */
  recovery: number;
}

/** @param reached if true, an instance is healthy only if the load reaches it through the balancer */
export const stackSystem = (stack: Stack, reached: boolean): System => ({
  recovery: Math.max(10_000, stack.fleet?.recoversWithinMs ?? 0),
  /** True if every part runs, every instance is ready and, if `reached`, the load reaches every instance. */
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

/** Returns a system that Baton did not start. Its parts are unknown, so only the load shows whether it is healthy. */
export const ownSystem = ({ instance, routing }: Target): System => ({
  recovery: 60_000,
  /** True if the load reaches as many instances as before, and every address in `instance.addresses` responds. */
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
