/** A misconfigured balancer that resends a write if its response is late, although the write has taken effect. */
import { randomBytes } from 'node:crypto';
import type { Stack } from '../../stack/stack.ts';
import type { Fault } from './fault.ts';

/** Response timeout of the balancer, milliseconds. After it, another instance gets the same request. */
const TIMEOUT_MS = 800;
/** Delay in each direction, milliseconds: the request arrives before the timeout, the response after it. */
const SLOW_MS = 500;

export const writeRepeated: Fault = {
  name: 'write-repeated',
  part: 'balancer',
  does: `responses of an instance are late, and after ${TIMEOUT_MS} ms the balancer repeats requests, including writes, on another instance`,
  one: true,
  loses: true,
  lacks: stack =>
    stack.balancer.repeat === undefined || stack.link === undefined
      ? 'a balancer that can repeat requests, and links: they come with --stack local'
      : stack.instances().length < 2
        ? 'a second instance'
        : undefined,
  async inject({ stack, instance, undo, shown }) {
    undo(async () => stack.unlink?.(instance.name));
    const link = await stack.link?.(instance.name);
    undo(async () => stack.balancer.repeat?.(undefined));
    await stack.balancer.repeat?.(TIMEOUT_MS);
    link?.slow(SLOW_MS);
    return servedTwice(stack, shown);
  },
  lasts: () => 3_000,
};

/** Sends POST requests until the logs of two instances contain the same request. Returns whether that happened. */
async function servedTwice(
  stack: Stack,
  shown: (condition: () => Promise<boolean>) => Promise<boolean>,
): Promise<boolean> {
  const stop = new AbortController();
  const probe = `probe-${randomBytes(6).toString('hex')}`;
  const served = new Map<string, number>();
  let twice = false;
  const following = stack.logs
    .filter(({ kind }) => kind === 'instance')
    .map(async log => {
      for await (const { request } of log.follow(stop.signal)) {
        if (!request.startsWith(probe)) continue;
        served.set(request, (served.get(request) ?? 0) + 1);
        twice ||= served.get(request) === 2;
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
