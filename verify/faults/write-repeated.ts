/** A balancer that repeats what it should not: a write whose answer is late has taken effect all the same. */
import { randomBytes } from 'node:crypto';
import type { Stack } from '../../stack/stack.ts';
import type { Fault } from './fault.ts';

/** The balancer waits so long for an answer, milliseconds. */
const PATIENCE_MS = 800;
/** Each way to the slow instance and back takes so much longer: the request is there in time, its answer is not. */
const SLOW_MS = 500;

export const writeRepeated: Fault = {
  name: 'write-repeated',
  part: 'balancer',
  does: `answers of an instance are late, and after ${PATIENCE_MS} ms the balancer sends requests, writes too, to another as well`,
  one: true,
  loses: true,
  lacks: stack =>
    stack.balancer.repeat === undefined || stack.link === undefined
      ? 'a balancer that can be told to repeat requests, and links: they come with --stack local'
      : stack.instances().length < 2
        ? 'a second instance'
        : undefined,
  async inject({ stack, instance, undo, shown }) {
    undo(async () => stack.unlink?.(instance.name));
    const link = await stack.link?.(instance.name);
    undo(async () => stack.balancer.repeat?.(undefined));
    await stack.balancer.repeat?.(PATIENCE_MS);
    link?.slow(SLOW_MS);
    return servedTwice(stack, shown);
  },
  lasts: () => 3_000,
};

/** Whether the logs of two instances tell of one POST, of which we send some until they do. */
async function servedTwice(
  stack: Stack,
  shown: (condition: () => Promise<boolean>) => Promise<boolean>,
): Promise<boolean> {
  const stop = new AbortController();
  const probe = `probe-${randomBytes(6).toString('hex')}`;
  const told = new Map<string, number>();
  let twice = false;
  const following = stack.logs
    .filter(({ kind }) => kind === 'instance')
    .map(async log => {
      for await (const { request } of log.follow(stop.signal)) {
        if (!request.startsWith(probe)) continue;
        told.set(request, (told.get(request) ?? 0) + 1);
        twice ||= told.get(request) === 2;
      }
    });
  let sent = 0;
  const seen = await shown(async () => {
    const headers = { 'x-request-id': `${probe}-${sent++}` };
    const signal = AbortSignal.timeout(3_000);
    const answer = await fetch(stack.url, { method: 'POST', headers, redirect: 'manual', signal });
    await answer.arrayBuffer();
    return twice;
  });
  stop.abort();
  await Promise.all(following);
  return seen;
}
