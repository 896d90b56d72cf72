import type { Fault } from './fault.ts';

export const replaceOldest: Fault = {
  name: 'replace-oldest',
  part: 'instance',
  deploy: true,
  does: 'a new instance joins, then the oldest is taken out of the balancer, drained and ended',
  async inject({ stack, instance, answered, shown, did }) {
    const oldest = stack.instances()[0] ?? instance;
    const added = await stack.add(oldest.options);
    did(`${oldest.name} replaced by ${added.name}`);
    await stack.remove(oldest);
    return !oldest.running() && (await shown(() => answered(added.name) > 0));
  },
};
