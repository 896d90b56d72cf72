import type { Fault } from './fault.ts';

export const instanceOut: Fault = {
  name: 'instance-out',
  part: 'balancer',
  does: 'an instance is taken out of the balancer, and put in again after a while',
  one: true,
  lacks: stack => (stack.instances().length < 2 ? 'a second instance' : undefined),
  async inject({ stack, instance, undo, answered, last }) {
    undo(() => stack.balancer.register(instance));
    await stack.balancer.deregister(instance);
    const before = answered(instance.name);
    await last(500);
    return answered(instance.name) === before;
  },
};
