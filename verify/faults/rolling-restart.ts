import { counted } from '../core/result/format.ts';
import type { Fault } from './fault.ts';
import { aside } from './group.ts';

export const rollingRestart: Fault = {
  name: 'rolling-restart',
  part: 'instance',
  deploy: true,
  does: 'each instance in turn is taken out of the balancer, drained, restarted and put back',
  async inject(stage) {
    let gone = true;
    const instances = stage.stack.instances();
    stage.did(`${counted(instances.length, 'instance')} restarted`);
    for (const instance of instances) {
      await aside(stage, instance, async () => {
        await instance.stop();
        gone &&= !instance.running();
      });
    }
    return gone;
  },
};
