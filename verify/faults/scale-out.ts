import type { Fault } from './fault.ts';

export const scaleOut: Fault = {
  name: 'scale-out',
  part: 'instance',
  deploy: true,
  does: 'one more instance joins, and stays',
  async inject({ stack, instance, answered, shown, did }) {
    const added = await stack.add(instance.options);
    did(`${added.name} joined`);
    return shown(() => answered(added.name) > 0);
  },
};
