import type { Fault } from './fault.ts';

export const scaleIn: Fault = {
  name: 'scale-in',
  part: 'instance',
  deploy: true,
  does: 'an instance is taken out of the balancer, drained and ended, and stays away',
  one: true,
  lacks: stack => (stack.instances().length < 2 ? 'a second instance' : undefined),
  async inject({ stack, instance, did }) {
    did(`${instance.name} left`);
    await stack.remove(instance);
    return !instance.running();
  },
};
