/** Instances of the bundled stack come and go during a run. */
import type { Stack } from '../../stack/stack.ts';
import type { Context } from '../client/context.ts';
import type { FollowedLogs } from '../client/logs.ts';

/** @returns to be called when an instance has joined or left: the run takes up who is there now */
export function takesUp(
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

/** @returns where the single instances are, by name */
export const addressesOf = (stack: Stack): Record<string, string> =>
  Object.fromEntries(stack.instances().map(({ name, url }) => [name, url]));
