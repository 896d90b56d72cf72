/** Finds free ports for servers that listen on 127.0.0.1. */
import { randomInt } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { createServer } from 'node:net';

// First port to try, below the ports of outgoing connections (Linux 32768 …, macOS 49152 …).
// An outgoing connection could take the port of a restarting instance.
const FIRST = 20_000;
const AFTER_LAST = 30_000;

/** Maximum number of reserved ports. A further reservation ends the oldest. */
const HELD = 1_000;

/** Key: port number; value: an open UDP socket with this number, which marks the port as reserved. */
const held = new Map<number, Socket>();

/** Reserves and returns a free port that no Baton process on this machine has reserved. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < 200; tries += 1) {
    const port = randomInt(FIRST, AFTER_LAST);
    if (await take(port)) return port;
  }
  throw new Error(
    `expected a free port between ${FIRST} and ${AFTER_LAST} on 127.0.0.1, but 200 tries found none`,
  );
}

/** Returns the first free port that is not below `port`. */
export async function freePortFrom(port: number): Promise<number> {
  for (let candidate = port; candidate < Math.min(port + 200, 65_536); candidate += 1) {
    if (await take(candidate)) return candidate;
  }
  throw new Error(
    `expected a free port from ${port} on (127.0.0.1), but the next 200 are taken: choose another port`,
  );
}

async function take(port: number): Promise<boolean> {
  if (held.has(port)) return false;
  const namesake = await hold(port);
  if (namesake === undefined) return false;
  if (!(await isFree(port))) {
    namesake.close();
    return false;
  }
  held.set(port, namesake);
  const [oldest] = held.keys();
  if (held.size > HELD && oldest !== undefined) {
    held.get(oldest)?.close();
    held.delete(oldest);
  }
  return true;
}

/** Reserves a port by an open UDP socket. Returns undefined if another process has reserved the port. */
function hold(port: number): Promise<Socket | undefined> {
  return new Promise(resolve => {
    const socket = createSocket('udp4');
    socket.once('error', () => {
      socket.close();
      resolve(undefined);
    });
    socket.bind({ port, address: '127.0.0.1', exclusive: true }, () => {
      socket.unref();
      resolve(socket);
    });
  });
}

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
