import { script, tags, task } from '../thread.ts';

export default {
  vu: {
    idInTest: task.user,
    get iterationInInstance(): number {
      return script.iteration;
    },
    metrics: { tags },
  },
  scenario: {
    /** Start time of the scenario, milliseconds since 1970. */
    get startTime(): number {
      return script.began;
    },
    get progress(): number {
      return script.progress();
    },
  },
  test: {
    get options() {
      return script.options;
    },
  },
};
