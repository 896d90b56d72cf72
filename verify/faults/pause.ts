import type { Fault } from './fault.ts';
import { answers } from './seeing.ts';

export const pause: Fault = {
  name: 'pause',
  part: 'instance',
  does: 'an instance freezes (SIGSTOP) with its connections open, and resumes after a while',
  one: true,
  async inject({ instance, undo }) {
    undo(() => instance.resume());
    await instance.pause();
    return !(await answers(instance.url));
  },
};
