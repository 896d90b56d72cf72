/** `k6/execution` of the double. */
import { script, task } from '../thread.ts';

export default {
  vu: {
    idInTest: task.user,
    get iterationInInstance(): number {
      return script.iteration;
    },
  },
};
