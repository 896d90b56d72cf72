/** Faults that end, restart or freeze one instance. */
import type { Instance } from '../../stack/stack.ts';
import { until } from '../../stack/wait.ts';
import type { StackFault, Stage } from './fault.ts';
import { answers } from './seeing.ts';

export const kill: StackFault = {
  name: 'kill',
  part: 'instance',
  does: 'an instance is killed under load (SIGKILL), and started again after a while',
  one: true,
  async inject(stage) {
    const { instance, undo } = stage;
    undo(() => bringBack(stage, instance));
    await instance.kill();
    return !(await answers(instance.url));
  },
};

export const stop: StackFault = {
  name: 'stop',
  part: 'instance',
  does: 'an instance that is still in the balancer gets SIGTERM under load, and is started again after a while',
  one: true,
  async inject(stage) {
    const { instance, undo } = stage;
    undo(() => bringBack(stage, instance));
    await instance.stop();
    return !(await answers(instance.url));
  },
};

export const pause: StackFault = {
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

export const restart: StackFault = {
  name: 'restart',
  part: 'instance',
  does: 'an instance that is still in the balancer gets SIGTERM, and starts again at once',
  one: true,
  async inject({ instance, undo }) {
    undo(async () => instance.running() || (await instance.restart()));
    await instance.stop();
    const gone = !instance.running();
    await instance.restart();
    return gone;
  },
};

/** Starts an ended instance again. With `--profile`, waits until a new instance has replaced it. */
async function bringBack({ stack }: Stage, instance: Instance): Promise<void> {
  const { fleet } = stack;
  if (fleet === undefined) return instance.restart();
  await until(() => fleet.whole() && !stack.instances().includes(instance), {
    withinMs: fleet.recoversWithinMs,
    everyMs: 50,
    what: `the fleet to replace ${instance.name}`,
  });
}
