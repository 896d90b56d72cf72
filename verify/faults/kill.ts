import type { Fault } from './fault.ts';
import { answers } from './seeing.ts';

export const kill: Fault = {
  name: 'kill',
  part: 'instance',
  does: 'an instance is killed under load (SIGKILL), and started again after a while',
  one: true,
  async inject({ instance, undo }) {
    undo(() => instance.restart());
    await instance.kill();
    return !(await answers(instance.url));
  },
};
