/** Leaving without dropping a request: fail readiness, say goodbye in each answer, finish, close. */
import { once } from 'node:events';
import type { Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
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

async function leave({ server, lifecycle, config, log, close }: Leaving, signal: string, hurry: AbortSignal) {
  const { instance } = config;
  lifecycle.drain();
  log.info({
    event: 'draining',
    instance,
    signal,
    inFlight: lifecycle.inFlight,
  });
  // Still listening: the balancer needs time to notice, and goes on using connections that it keeps.
  await sleep(config.drainMs, undefined, { signal: hurry }).catch(() => {});
  await noneSent(lifecycle, hurry);
  await allTaken(server);
  const closed = once(server, 'close');
  server.close();
  const quiet = async () => {
    // A connection that was just taken brings its request in a moment; one that a browser opened in advance never does.
    await sleep(NEWCOMERS_MS);
    await lifecycle.settled();
  };
  await Promise.race([closed, quiet(), sleep(config.shutdownMs)]);
  const cut = lifecycle.inFlight;
  server.closeAllConnections();
  close();
  log.info({ event: 'stopped', instance, cut });
  process.exit(0);
}

/** How long the balancer may have nothing to send, and how soon after the last request it has understood. */
const NOTHING_TO_SEND_MS = 400;
const UNDERSTOOD_MS = 50;
/** In all: one that does not understand goes on for ever. */
const UNDERSTANDS_WITHIN_MS = 2_000;

/**
 * Leaves requests to other instances until no more come: a balancer that was sent elsewhere stays away for a second, and
 * the port can be closed without anybody before it.
 */
async function noneSent(lifecycle: Lifecycle, hurry: AbortSignal): Promise<void> {
  lifecycle.leave();
  const until = performance.now() + UNDERSTANDS_WITHIN_MS;
  while (!hurry.aborted && performance.now() < until) {
    const before = lifecycle.leftToOthers;
    const pause = before === 0 ? NOTHING_TO_SEND_MS : UNDERSTOOD_MS;
    await sleep(pause, undefined, { signal: hurry }).catch(() => {});
    if (lifecycle.leftToOthers === before) return;
  }
}

/** Turns of the event loop to be waited for at the most, and how long one takes in which nothing happens. */
const TURNS = 2_000;
const QUIET_TURN_MS = 0.1;

/**
 * Resolves right after the loop has taken every connection that was waiting, and done nothing else meanwhile: those
 * that wait when the server closes are reset, and their requests lost.
 */
async function allTaken(server: Server): Promise<void> {
  let taken = 0;
  const count = () => {
    taken++;
  };
  server.on('connection', count);
  for (let turn = 0; turn < TURNS; turn++) {
    const [before, began] = [taken, performance.now()];
    await new Promise(resolve => setImmediate(resolve));
    if (taken === before && performance.now() - began < QUIET_TURN_MS) break;
  }
  server.off('connection', count);
}
