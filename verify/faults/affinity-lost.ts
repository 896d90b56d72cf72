import type { Fault } from './fault.ts';

export const affinityLost: Fault = {
  name: 'affinity-lost',
  part: 'balancer',
  does: 'the balancer forgets which instance each client is pinned to, and pins all of them anew',
  lacks: stack =>
    stack.balancer.forget === undefined
      ? 'a balancer that pins clients to instances: --sticky duration'
      : undefined,
  async inject({ stack, moved, shown }) {
    await stack.balancer.forget?.();
    return shown(() => moved() > 0);
  },
};
