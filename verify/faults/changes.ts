import type { Stack } from '../../stack/stack.ts';
import type { Context } from '../client/context.ts';
import type { FollowedLogs } from '../client/logs.ts';

/** Returns a function that updates the instances and logs of the run after an instance has joined or left. */
export function instanceUpdater(
  stack: Stack,
  { target: { instance }, instances }: Context,
  logs: FollowedLogs,
): () => void {
  const addressed = instance?.addresses !== undefined;
  return () => {
    logs.follow(stack.logs);
    if (instance !== undefined && addressed) instance.addresses = addressesOf(stack);
    instances.only(stack.instances().map(({ name }) => name));
  };
}

/** Key: name of the instance; value: its address. */
export const addressesOf = (stack: Stack): Record<string, string> =>
  Object.fromEntries(stack.instances().map(({ name, url }) => [name, url]));
