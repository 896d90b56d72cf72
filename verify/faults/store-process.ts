/** Faults that kill or freeze the process of the store. */
import type { StackFault, Stage } from './fault.ts';
import { talks } from './seeing.ts';

/** Returns the duration of a pause, milliseconds. It is longer than the declared deadline for responses. */
const pastDeadline = ({ deadline }: Stage): number => deadline + 1_000;

/** Returns whether the store does not respond. If its port is unknown, returns whether its process has ended. */
async function silent(stage: Stage): Promise<boolean> {
  const { store } = stage.stack;
  return store.port === undefined ? !store.running() : !(await talks(store.port));
}

export const storeRestart: StackFault = {
  name: 'store-restart',
  part: 'store',
  does: 'the store is killed (SIGKILL), and started again after a while with the data on its disk',
  down: true,
  async inject(stage) {
    const { store } = stage.stack;
    stage.undo(() => store.restart());
    await store.kill();
    return silent(stage);
  },
};

export const storePause: StackFault = {
  name: 'store-pause',
  part: 'store',
  does: 'the store freezes (SIGSTOP) with its connections open, and resumes after a while',
  down: true,
  lasts: pastDeadline,
  async inject(stage) {
    const { store } = stage.stack;
    stage.undo(() => store.resume());
    await store.pause();
    return stage.stack.store.port === undefined || silent(stage);
  },
};
