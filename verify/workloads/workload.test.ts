import { expect, it } from 'vitest';
import type { Context } from '../client/context.ts';
import type { Operation } from '../core/history/history.ts';
import { seeded } from '../random.ts';
import { everywhere } from './workload.ts';

const context = {
  instances: { names: () => ['app-1', 'app-2'], way: () => undefined },
  signal: new AbortController().signal,
  random: seeded(1),
  connect: () => ({ send: async () => undefined }),
  target: { login: { page: '/login' } },
} as unknown as Context;

it('stops sending requests to an instance if each one times out', async () => {
  let sent = 0;
  const silent = async () => {
    sent++;
    return { note: 'timeout' } as Operation;
  };
  expect(await everywhere(context, silent)).toEqual(new Set());
  expect(sent).toBe(2);
});
