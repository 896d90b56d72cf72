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
  // Right after the loop has taken all connections that were waiting: the others are reset by the close.
  await new Promise(resolve => setImmediate(resolve));
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
