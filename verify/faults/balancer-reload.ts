import type { Fault } from './fault.ts';

const TIMES = 3;

export const balancerReload: Fault = {
  name: 'balancer-reload',
  part: 'balancer',
  does: 'the balancer reloads its configuration, three times',
  async inject({ stack, last }) {
    for (let i = 0; i < TIMES; i++) {
      await stack.balancer.reload();
      await last(200);
    }
    return true; // `reload` resolves when the new workers serve.
  },
};
