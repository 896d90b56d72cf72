/** Finds free ports for servers that listen on 127.0.0.1. */
import { randomInt } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';

// First port to try, below the ports of outgoing connections (Linux 32768 …, macOS 49152 …).
// An outgoing connection could take the port of a restarting instance.
const FIRST = 20_000;
const AFTER_LAST = 30_000;
const TRIES = 200;

/** Maximum number of reserved ports. A further reservation ends the oldest. */
const HELD = 1_000;

/** Key: port number; value: an open UDP socket with this number, which marks the port as reserved. */
const held = new Map<number, Socket>();

/** Reserves and returns a free port that no Baton process on this machine has reserved. */
export function freePort(): Promise<number> {
  const ports = Array.from({ length: TRIES }, () => randomInt(FIRST, AFTER_LAST));
  return firstFree(ports, `between ${FIRST} and ${AFTER_LAST}`);
}

/** Returns the first free port that is not below `port`. */
export function freePortFrom(port: number): Promise<number> {
  const ports = Array.from({ length: TRIES }, (_, n) => port + n).filter(one => one < 65_536);
  return firstFree(ports, `from ${port} on`);
}

async function firstFree(ports: readonly number[], where: string): Promise<number> {
  for (const port of ports) if (await take(port)) return port;
  throw new Error(`expected a free port ${where} on 127.0.0.1, but none of ${ports.length} was free`);
}

async function take(port: number): Promise<boolean> {
  const namesake = await hold(port);
  if (namesake === undefined) return false;
  if (!(await canListen(port, '127.0.0.1')) || !(await canListen(port, '0.0.0.0'))) {
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

/** Reserves a port by an open UDP socket. Returns undefined if the port is already reserved. */
async function hold(port: number): Promise<Socket | undefined> {
  const socket = createSocket('udp4');
  try {
    await once(socket.bind({ port, address: '127.0.0.1', exclusive: true }), 'listening');
    return socket.unref();
  } catch {
    socket.close();
    return undefined;
  }
}

async function canListen(port: number, host: string): Promise<boolean> {
  const server = createServer();
  try {
    await once(server.listen({ port, host, exclusive: true }), 'listening');
    await server[Symbol.asyncDispose]();
    return true;
  } catch {
    return false;
  }
}
