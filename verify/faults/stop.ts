import type { Fault } from './fault.ts';
import { answers } from './seeing.ts';

export const stop: Fault = {
  name: 'stop',
  part: 'instance',
  does: 'an instance is told to end under load (SIGTERM), the balancer is told nothing; started again after a while',
  one: true,
  async inject({ instance, undo }) {
    undo(() => instance.restart());
    await instance.stop();
    return !(await answers(instance.url));
  },
};
