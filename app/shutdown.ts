/** Leaving without dropping a request: fail readiness, say goodbye in each answer, finish, close. */
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { Logger } from 'pino';
import type { Config } from './config.ts';
import type { Lifecycle } from './lifecycle.ts';

const NEWCOMERS_MS = 500;

export interface Leaving {
  readonly server: Server;
  readonly lifecycle: Lifecycle;
  readonly config: Pick<Config, 'drainMs' | 'shutdownMs' | 'instance'>;
  readonly log: Logger;
  /** Closes what the requests used, once there are none. */
  readonly close: () => void;
}

/**
 * From the first SIGTERM or SIGINT: exits with 0 within DRAIN_MS + SHUTDOWN_MS.
 * A second signal skips what is left of the drain; requests in flight are still finished.
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

/** Drains, finishes and exits. `hurry` skips what is left of the drain. */
export async function leave(leaving: Leaving, signal: string, hurry: AbortSignal): Promise<void> {
  const { server, lifecycle, config, log, close } = leaving;
  const { instance } = config;
  lifecycle.drain();
  log.info({ event: 'draining', instance, signal, inFlight: lifecycle.inFlight });
  // Still listening: the balancer needs time to notice, and goes on using connections that it keeps.
  await pause(config.drainMs, hurry);
  // One deadline for all that follows: an orchestrator that waited for the sum of both would kill us after it.
  const end = performance.now() + config.shutdownMs;
  await noneSent(lifecycle, hurry, end);
  await allTaken(server, end);
  const closed = once(server, 'close');
  server.close();
  const quiet = async () => {
    // A connection that was just taken brings its request in a moment; one that a browser opened in advance never does.
    await pause(NEWCOMERS_MS);
    await lifecycle.settled();
  };
  await Promise.race([closed, quiet(), pause(end - performance.now())]);
  const cut = lifecycle.inFlight;
  server.closeAllConnections();
  close();
  log.info({ event: 'stopped', instance, cut });
  process.exit(0);
}

/** Resolves after `ms`, or when `hurry` aborts. */
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

/** How long the balancer may have nothing to send, and how soon after the last request it has understood. */
const NOTHING_TO_SEND_MS = 400;
const UNDERSTOOD_MS = 50;
/** In all: a balancer that does not understand goes on for ever. */
const UNDERSTANDS_WITHIN_MS = 2_000;

/**
 * Leaves requests to other instances until no more come, or until `end`: a balancer that was sent elsewhere stays away
 * for a second, and the port can be closed while no request is on its way.
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

/** Turns of the event loop to wait for at the most, and how long one takes in which nothing happens. */
const TURNS = 2_000;
const QUIET_TURN_MS = 0.1;

/**
 * Resolves right after the loop has taken every connection that was waiting, and done nothing else meanwhile: those
 * that wait when the server closes are reset, and their requests lost.
 */
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
