/** Faults of the balancer: it reloads, drops an instance, forgets pinned clients, or repeats a write. */

import { randomBytes } from 'node:crypto';
import type { Stack } from '../../stack/stack.ts';
import type { StackFault } from './fault.ts';

const RELOADS = 3;

export const balancerReload: StackFault = {
  name: 'balancer-reload',
  part: 'balancer',
  does: 'the balancer reloads its configuration, three times',
  async inject({ stack, wait }) {
    for (let i = 0; i < RELOADS; i++) {
      await stack.balancer.reload();
      await wait(200);
    }
    return true; // `reload` has waited until the new worker processes serve
  },
};

/** Interval in which the dropped instance must serve no request, milliseconds. */
const WITHOUT_MS = 500;

export const instanceOut: StackFault = {
  name: 'instance-out',
  part: 'balancer',
  does: 'the balancer stops routing to an instance, and routes to it again after a while',
  one: true,
  lacks: stack => (stack.instances().length < 2 ? 'a second instance' : undefined),
  async inject({ stack, instance, undo, answered, wait, shown }) {
    undo(() => stack.balancer.register(instance));
    await stack.balancer.deregister(instance);
    const others = stack.instances().filter(one => one.name !== instance.name);
    const elsewhere = () => others.reduce((sum, { name }) => sum + answered(name), 0);
    return shown(async () => {
      const before = [answered(instance.name), elsewhere()] as const;
      await wait(WITHOUT_MS);
      return answered(instance.name) === before[0] && elsewhere() > before[1];
    });
  },
};

export const affinityLost: StackFault = {
  name: 'affinity-lost',
  part: 'balancer',
  does: 'the balancer forgets which instance each client is pinned to, and pins all of them anew',
  lacks: stack =>
    stack.balancer.forget === undefined
      ? 'a balancer that pins clients to instances: --sticky duration'
      : undefined,
  async inject({ stack, moved, shown }) {
    await stack.balancer.forget?.();
    return shown(() => moved() > 0);
  },
};

/** Response timeout of the balancer, milliseconds. After it, the balancer repeats the request on a second instance. */
const REPEAT_MS = 800;
/**
 * Delay of each request and of each response, milliseconds. A request arrives before the balancer's timeout, and its
 * response after the timeout.
 */
const LATE_MS = 500;

export const writeRepeated: StackFault = {
  name: 'write-repeated',
  part: 'balancer',
  does: `responses of an instance are late, and the balancer sends each request, even a write, to another instance after ${REPEAT_MS} ms`,
  one: true,
  loses: true,
  lacks: stack =>
    stack.balancer.repeat === undefined || stack.link === undefined
      ? 'a balancer that can repeat requests, and proxies that can delay its connections: use --stack local'
      : stack.instances().length < 2
        ? 'a second instance'
        : undefined,
  async inject({ stack, instance, undo, shown }) {
    undo(async () => stack.unlink?.(instance.name));
    const link = await stack.link?.(instance.name);
    undo(async () => stack.balancer.repeat?.(undefined));
    await stack.balancer.repeat?.(REPEAT_MS);
    link?.disturb({ delayMs: LATE_MS });
    return servedTwice(stack, shown);
  },
  lasts: () => 3_000,
};

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
