/** Tests that the process exits within DRAIN_MS + SHUTDOWN_MS, before an orchestrator would kill it. */
import { EventEmitter } from 'node:events';
import { createServer } from 'node:http';
import type { Request, Response } from 'express';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Lifecycle } from './lifecycle.ts';
import { leave } from './shutdown.ts';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

function busy() {
  const server = createServer();
  vi.spyOn(server, 'close').mockReturnValue(server);
  const lifecycle = new Lifecycle();
  const response = Object.assign(new EventEmitter(), { headersSent: true }) as Response;
  lifecycle.track({} as Request, response, () => {});
  const lines: Record<string, unknown>[] = [];
  const log = pino({ base: null }, { write: line => lines.push(JSON.parse(line)) });
  return { server, lifecycle, log, lines };
}

/** Acts as a balancer that does not react to 502 and resends every request. */
function sendForEver(lifecycle: Lifecycle): void {
  const request = { get: () => '502' } as unknown as Request;
  const response = { writeHead: () => ({ end: () => {} }) } as unknown as Response;
  setInterval(
    () => lifecycle.leftToOthers !== undefined && lifecycle.leaveToOthers(request, response, () => {}),
    10,
  );
}

test.each([
  { drainMs: 3000, shutdownMs: 10_000 },
  { drainMs: 0, shutdownMs: 1000 },
  { drainMs: 500, shutdownMs: 0 },
])('a stop with a balancer that goes on sending ends within $drainMs + $shutdownMs ms', async config => {
  const { server, lifecycle, log, lines } = busy();
  let exited: number | undefined;
  vi.spyOn(process, 'exit').mockImplementation(() => {
    exited = performance.now();
    return undefined as never;
  });
  sendForEver(lifecycle);
  const began = performance.now();
  void leave(
    { server, lifecycle, log, config: { ...config, instance: 'app-1' }, close: () => {} },
    'SIGTERM',
    new AbortController().signal,
  );
  await vi.advanceTimersByTimeAsync(60_000);
  expect(exited && exited - began).toBeLessThanOrEqual(config.drainMs + config.shutdownMs + 5);
  expect(lines.at(-1)).toMatchObject({ event: 'stopped', cut: 1 });
});

test('a second signal skips the rest of the drain, and requests in flight keep their time', async () => {
  const { server, lifecycle, log } = busy();
  const exit = vi.spyOn(process, 'exit').mockReturnValue(undefined as never);
  const hurry = new AbortController();
  const config = { drainMs: 600_000, shutdownMs: 10_000, instance: 'app-1' };
  void leave({ server, lifecycle, log, config, close: () => {} }, 'SIGTERM', hurry.signal);
  await vi.advanceTimersByTimeAsync(100);
  hurry.abort();
  await vi.advanceTimersByTimeAsync(9000);
  expect(exit).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(1100);
  expect(exit).toHaveBeenCalledWith(0);
});
