import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { Operation, Served } from '../core/history/history.ts';
import { runLine } from '../core/testing/picture.ts';
import { FollowedLogs, type LogSource } from './logs.ts';

function log(kind: LogSource['kind'], name: string = kind) {
  const lines: Served[] = [];
  let wake = (): void => {};
  return {
    name,
    kind,
    file: `${name}.log`,
    logs: (request: string) => {
      lines.push({ type: 'served', source: name, kind, request: `test-${request}`, status: 200 });
      wake();
    },
    async *follow(signal: AbortSignal) {
      signal.addEventListener('abort', () => wake(), { once: true });
      for (;;) {
        for (let line = lines.shift(); line !== undefined; line = lines.shift()) yield line;
        if (signal.aborted) return;
        await new Promise<void>(resolve => {
          wake = resolve;
        });
      }
    },
  };
}

const operation = (request: string, more: Partial<Operation> = {}): Operation => ({
  type: 'op',
  id: 1,
  clock: 'c0',
  client: 'c',
  session: 's',
  user: 'u',
  action: 'read',
  call: 0,
  request: `test-${request}`,
  outcome: 'ok',
  status: 200,
  instance: 'app-1',
  return: 1,
  ...more,
});

async function followed(...operations: Operation[]) {
  const [balancer, instance] = [log('balancer'), log('instance', 'app-1')];
  const logs = new FollowedLogs([balancer, instance], runLine(), () => {});
  for (const one of operations) logs.ended(one);
  const stop = new AbortController();
  let over = false;
  const settle = (): void => void logs.settle(stop.signal).then(() => (over = true));
  const isOver = async (): Promise<boolean> => {
    for (let i = 0; i < 10; i++) await setImmediate();
    return over;
  };
  const end = async (): Promise<void> => {
    stop.abort();
    await logs.stop();
  };
  return { balancer, instance, logs, settle, isOver, end };
}

it('waits until each log has an entry of each request, whatever other entries it has', async () => {
  const { balancer, instance, settle, isOver, end } = await followed(operation('1'), operation('2'));
  settle();
  for (const request of ['1', '1', '3', '4']) instance.logs(request);
  for (const request of ['1', '3', '4']) balancer.logs(request);
  expect(await isOver()).toBe(false);
  balancer.logs('2');
  expect(await isOver()).toBe(false);
  instance.logs('2');
  expect(await isOver()).toBe(true);
  await end();
});

it('accepts a log entry before the end of its request', async () => {
  const { balancer, instance, logs, settle, isOver, end } = await followed();
  for (const one of [balancer, instance]) one.logs('1');
  await isOver();
  logs.ended(operation('1'));
  settle();
  expect(await isOver()).toBe(true);
  await end();
});

it('expects no entry from a log that cannot have one', async () => {
  const direct = operation('1', { direct: true });
  const own = operation('2', { status: 502, instance: undefined as never });
  const lost = operation('3', { status: undefined as never });
  const { balancer, instance, settle, isOver, end } = await followed(direct, own, lost);
  settle();
  expect(await isOver()).toBe(false);
  instance.logs('1');
  balancer.logs('2');
  expect(await isOver()).toBe(true);
  await end();
});
