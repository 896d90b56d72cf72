import type { Fault } from './fault.ts';
import { aside } from './group.ts';

export const rollingRestart: Fault = {
  name: 'rolling-restart',
  part: 'instance',
  does: 'each instance in turn is taken out of the balancer, drained, restarted and put back',
  async inject(stage) {
    let gone = true;
    for (const instance of stage.stack.instances()) {
      await aside(stage, instance, async () => {
        await instance.stop();
        gone &&= !instance.running();
      });
    }
    return gone;
  },
};
