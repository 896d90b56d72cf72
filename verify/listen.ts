/** Starts and stops an HTTP server at an address that the user chose. */
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { UnavailableError, UsageError } from './errors.ts';

export interface Listening {
  /** Address of the server: `http://HOST:PORT` */
  url: string;
  /** Stops the server, and closes its connections. */
  close(): Promise<void>;
}

/** Headers of an HTML report. They forbid caching, because the address may show a different run later. */
export const PAGE_HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
};

/** Waits for SIGINT, SIGTERM or SIGHUP. */
export async function untilStopped(): Promise<void> {
  await new Promise<void>(resolve => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve());
  });
}

/**
 * Makes a server listen at an address.
 *
 * @param at `PORT` or `HOST:PORT`; by default on 127.0.0.1; port 0 means a free port
 * @param option the option that gave the address, for errors
 * @throws UsageError if `at` is no address; UnavailableError if another program uses it
 */
export async function listen(server: Server, at: string, option: string): Promise<Listening> {
  const [, host = '127.0.0.1', port = ''] = /^(?:(.+):)?(\d{1,5})$/.exec(at) ?? [];
  if (port === '' || Number(port) > 65_535)
    throw new UsageError(
      `${option}: expected PORT or HOST:PORT, as in ${option} 9464, got ${JSON.stringify(at)}`,
    );
  server.listen(Number(port), host.replace(/^\[(.*)\]$/, '$1'));
  try {
    await once(server, 'listening');
  } catch (error) {
    throw new UnavailableError(
      `${option}: expected to listen at ${host}:${port}, got ${(error as Error).message}: choose another address or port`,
    );
  }
  const { address, family, port: used } = server.address() as AddressInfo;
  return {
    url: `http://${family === 'IPv6' ? `[${address}]` : address}:${used}`,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
