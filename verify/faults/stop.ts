import type { Fault } from './fault.ts';
import { comesBack } from './group.ts';
import { answers } from './seeing.ts';

export const stop: Fault = {
  name: 'stop',
  part: 'instance',
  does: 'an instance is ended (SIGTERM) under load without notice to the balancer, and started again after a while',
  one: true,
  async inject(stage) {
    const { instance, undo } = stage;
    undo(() => comesBack(stage, instance));
    await instance.stop();
    return !(await answers(instance.url));
  },
};
