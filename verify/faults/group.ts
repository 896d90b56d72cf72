/** What a group of instances does at a deploy, as careful owners do it. */
import type { Instance, InstanceOptions } from '../../stack/stack.ts';
import { until } from '../../stack/wait.ts';
import { counted } from '../core/check.ts';
import type { Stage } from './fault.ts';

/** Takes an instance out of the balancer while something is done to it, and puts it back. */
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

/** One that has ended is started again, or its fleet has put another in its place: then resolves once that serves. */
export async function comesBack({ stack }: Stage, instance: Instance): Promise<void> {
  const { fleet } = stack;
  if (fleet === undefined) return instance.restart();
  await until(() => fleet.whole() && !stack.instances().includes(instance), {
    withinMs: fleet.recoversWithinMs,
    everyMs: 50,
    what: `the fleet to replace ${instance.name}`,
  });
}

/** Starts a successor of each instance, then takes the instance out, one after the other. */
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

/** The options of an instance, with more in its environment. */
export const withEnvironment = ({ options }: Instance, env: Record<string, string>): InstanceOptions => ({
  ...options,
  env: { ...options.env, ...env },
});
