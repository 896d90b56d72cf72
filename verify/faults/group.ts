/** Steps of a careful deploy on a group of instances. */
import type { Instance, InstanceOptions } from '../../stack/stack.ts';
import { until } from '../../stack/wait.ts';
import { counted } from '../core/result/format.ts';
import type { Stage } from './fault.ts';

/** Takes an instance out of the balancer while `act` runs, and puts it back. */
export async function aside(
  { stack, undo }: Stage,
  instance: Instance,
  act: () => Promise<unknown>,
): Promise<void> {
  let back: Promise<void> | undefined;
  const putBack = (): Promise<void> => {
    back ??= (async () => {
      if (!instance.running()) await instance.restart();
      await stack.balancer.register(instance);
    })();
    return back;
  };
  undo(putBack);
  await stack.balancer.deregister(instance);
  await act();
  await putBack();
}

/** Starts an ended instance again. If a fleet manages the instances, waits until the fleet has replaced it. */
export async function comesBack({ stack }: Stage, instance: Instance): Promise<void> {
  const { fleet } = stack;
  if (fleet === undefined) return instance.restart();
  await until(() => fleet.whole() && !stack.instances().includes(instance), {
    withinMs: fleet.recoversWithinMs,
    everyMs: 50,
    what: `the fleet to replace ${instance.name}`,
  });
}

/** Replaces one instance after the other: starts the new one, then removes the old one. */
export async function replaceEach(
  { stack, did }: Stage,
  options: (instance: Instance) => InstanceOptions,
): Promise<boolean> {
  const old = stack.instances();
  did(`${counted(old.length, 'instance')} replaced`);
  for (const instance of old) {
    await stack.add(options(instance));
    await stack.remove(instance);
  }
  return old.every(instance => !instance.running());
}

/** Returns the options of an instance together with additional environment variables. */
export const withEnvironment = ({ options }: Instance, env: Record<string, string>): InstanceOptions => ({
  ...options,
  env: { ...options.env, ...env },
});
