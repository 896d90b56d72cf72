/** Ports for servers that listen on 127.0.0.1. */
import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

// Below the range from which Linux (32768 …) and macOS (49152 …) take the ports of outgoing connections:
// while an instance is down for a restart, no connection of a load generator can take its port away.
const FIRST = 20_000;
const AFTER_LAST = 30_000;

const given = new Set<number>();

/** A free port that this process has not been given before. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < 200; tries += 1) {
    const port = randomInt(FIRST, AFTER_LAST);
    if (!given.has(port) && (await isFree(port))) {
      given.add(port);
      return port;
    }
  }
  throw new Error(
    `expected a free port between ${FIRST} and ${AFTER_LAST} on 127.0.0.1, but 200 tries found none`,
  );
}

/** The first free port from `port` on: for addresses that people type. */
export async function freePortFrom(port: number): Promise<number> {
  for (let candidate = port; candidate < Math.min(port + 200, 65_536); candidate += 1) {
    if (!given.has(candidate) && (await isFree(candidate))) {
      given.add(candidate);
      return candidate;
    }
  }
  throw new Error(
    `expected a free port from ${port} on (127.0.0.1), but the next 200 are taken; name another`,
  );
}

/** Whether a server could listen on it now. Someone who listens on all addresses takes it too. */
async function isFree(port: number): Promise<boolean> {
  return (await canListen(port, '127.0.0.1')) && (await canListen(port, '0.0.0.0'));
}

function canListen(port: number, host: string): Promise<boolean> {
  return new Promise(resolve => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
