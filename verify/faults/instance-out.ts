import type { Fault } from './fault.ts';

/**
 * The fault is seen if the instance serves no request for this time, while others serve. Retried, since the instance
 * may first serve requests that were already sent to it.
 */
const WITHOUT_MS = 500;

export const instanceOut: Fault = {
  name: 'instance-out',
  part: 'balancer',
  does: 'an instance is taken out of the balancer, and put in again after a while',
  one: true,
  lacks: stack => (stack.instances().length < 2 ? 'a second instance' : undefined),
  async inject({ stack, instance, undo, answered, last, shown }) {
    undo(() => stack.balancer.register(instance));
    await stack.balancer.deregister(instance);
    const others = stack.instances().filter(one => one.name !== instance.name);
    const elsewhere = () => others.reduce((sum, { name }) => sum + answered(name), 0);
    return shown(async () => {
      const before = [answered(instance.name), elsewhere()] as const;
      await last(WITHOUT_MS);
      return answered(instance.name) === before[0] && elsewhere() > before[1];
    });
  },
};
