import type { Fault } from './fault.ts';
import { comesBack } from './group.ts';
import { answers } from './seeing.ts';

export const stop: Fault = {
  name: 'stop',
  part: 'instance',
  does: 'an instance is told to end under load (SIGTERM), the balancer is told nothing; started again after a while',
  one: true,
  async inject(stage) {
    const { instance, undo } = stage;
    undo(() => comesBack(stage, instance));
    await instance.stop();
    return !(await answers(instance.url));
  },
};
