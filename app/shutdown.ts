/** Stops an instance without dropping a request. */
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { Logger } from 'pino';
import type { Config } from './config.ts';
import type { Lifecycle } from './lifecycle.ts';

/** Maximum time for a new connection to send its first request, milliseconds. */
const NEWCOMERS_MS = 500;

export interface Leaving {
  readonly server: Server;
  readonly lifecycle: Lifecycle;
  readonly config: Pick<Config, 'drainMs' | 'shutdownMs' | 'instance'>;
  readonly log: Logger;
  /** Called after the last request has ended, to close the connections to Redis and other stores. */
  readonly close: () => void;
}

/**
 * Exits within DRAIN_MS + SHUTDOWN_MS after the first SIGTERM or SIGINT. A second signal skips the rest of the drain,
 * but requests in flight finish.
 */
export function leaveInOrder(leaving: Leaving): void {
  const hurry = new AbortController();
  const onSignal = (signal: NodeJS.Signals) => {
    if (leaving.lifecycle.draining) hurry.abort();
    else void leave(leaving, signal, hurry.signal);
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
}

/**
 * Drains the instance, finishes its requests and exits.
 * @param hurry when this signal aborts, the rest of the drain is skipped
 */
export async function leave(leaving: Leaving, signal: string, hurry: AbortSignal): Promise<void> {
  const { server, lifecycle, config, log, close } = leaving;
  const { instance } = config;
  lifecycle.drain();
  log.info({ event: 'draining', instance, signal, inFlight: lifecycle.inFlight });
  // Serves requests during this pause, because the balancer may need the time to notice the drain.
  await pause(config.drainMs, hurry);
  // Deadline for the shutdown: an orchestrator may kill the process after DRAIN_MS + SHUTDOWN_MS.
  const end = performance.now() + config.shutdownMs;
  await noneSent(lifecycle, hurry, end);
  await allTaken(server, end);
  const closed = once(server, 'close');
  server.close();
  const quiet = async () => {
    // Does not wait for connections that browsers open in advance, and may never use.
    await pause(NEWCOMERS_MS);
    await lifecycle.settled();
  };
  await Promise.race([closed, quiet(), pause(Math.max(0, end - performance.now()))]);
  const cut = lifecycle.inFlight;
  server.closeAllConnections();
  close();
  log.info({ event: 'stopped', instance, cut });
  process.exit(0);
}

function pause(ms: number, hurry?: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    if (hurry?.aborted) return resolve();
    const timer = setTimeout(resolve, ms);
    hurry?.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/**
 * Time without a request after which no further request is expected, milliseconds. NOTHING_TO_SEND_MS applies before
 * the first refused request, UNDERSTOOD_MS afterwards.
 */
const NOTHING_TO_SEND_MS = 400;
const UNDERSTOOD_MS = 50;
/** Maximum time for which a stopping instance refuses requests, milliseconds. Some balancers never stop sending. */
const UNDERSTANDS_WITHIN_MS = 2_000;

/**
 * Refuses requests until no more arrive. After a refusal, the balancer avoids the instance for a second, so the port
 * can close without losing a request.
 */
async function noneSent(lifecycle: Lifecycle, hurry: AbortSignal, end: number): Promise<void> {
  lifecycle.leave();
  const until = Math.min(end, performance.now() + UNDERSTANDS_WITHIN_MS);
  while (!hurry.aborted && performance.now() < until) {
    const before = lifecycle.leftToOthers;
    const wanted = before === 0 ? NOTHING_TO_SEND_MS : UNDERSTOOD_MS;
    await pause(Math.min(wanted, until - performance.now()), hurry);
    if (lifecycle.leftToOthers === before) return;
  }
}

const TURNS = 2_000;
const QUIET_TURN_MS = 0.1;

/** Waits until the server has accepted all pending connections, because closing the port would reset them. */
async function allTaken(server: Server, end: number): Promise<void> {
  let taken = 0;
  const count = () => {
    taken++;
  };
  server.on('connection', count);
  for (let turn = 0; turn < TURNS; turn++) {
    const [before, began] = [taken, performance.now()];
    await new Promise(resolve => setImmediate(resolve));
    const now = performance.now();
    if (now >= end || (taken === before && now - began < QUIET_TURN_MS)) break;
  }
  server.off('connection', count);
}
