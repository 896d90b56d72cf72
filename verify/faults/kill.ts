import type { Fault } from './fault.ts';
import { comesBack } from './group.ts';
import { answers } from './seeing.ts';

export const kill: Fault = {
  name: 'kill',
  part: 'instance',
  does: 'an instance is killed under load (SIGKILL), and started again after a while',
  one: true,
  async inject(stage) {
    const { instance, undo } = stage;
    undo(() => comesBack(stage, instance));
    await instance.kill();
    return !(await answers(instance.url));
  },
};
