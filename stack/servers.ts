/** Runs the servers that instances use, as server-kinds.ts defines them. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from './ports.ts';
import { ServerProcess } from './process.ts';
import { findProgram, requirePrograms } from './programs.ts';
import type { Access } from './redis-hardened.ts';
import { SERVERS, type ServerEntry, type ServerKind } from './server-kinds.ts';
import type { OnDeath, StoreServer } from './stack.ts';
import { temporaryPath } from './watchdog.ts';

/** A server on 127.0.0.1. Its address and its data on disk survive `kill` and `restart`. */
export interface BackingServer extends StoreServer {
  readonly url: string;
  readonly port: number;
  readonly pid: number | undefined;
  /** Environment variables that tell instances the server's address, such as REDIS_URL. */
  readonly addresses: Readonly<Record<string, string>>;
  start(): Promise<void>;
  /** Stops the server at once and removes its data. The server cannot be started again. */
  dispose(): Promise<void>;
}

export interface ServerOptions {
  /** Additional arguments such as `['--maxmemory', '10mb']`. They override Baton's own arguments. */
  args?: readonly string[];
  access?: Access;
  onDeath?: OnDeath;
}

/**
 * Throws one MissingProgramError that names all missing programs.
 * @param others lists of alternative names of further programs
 */
export function requireServers(kinds: readonly ServerKind[], ...others: string[][]): void {
  requirePrograms(...kinds.flatMap(kind => [...SERVERS[kind].programs]), ...others);
}

/**
 * Starts a server, and waits until it is ready.
 * Throws MissingProgramError, or an error with the server's output if the start fails.
 */
export async function startServer(kind: ServerKind, options: ServerOptions = {}): Promise<BackingServer> {
  const server = await planServer(kind, options);
  try {
    await server.start();
    return server;
  } catch (error) {
    await server.dispose();
    throw error;
  }
}

/** Starts redis-server, or valkey-server if Redis is not installed. */
export const startRedis = (options?: ServerOptions): Promise<BackingServer> => startServer('redis', options);

/**
 * Chooses ports for a server, and returns the server without starting it. Throws MissingProgramError if its program
 * is not installed.
 */
export async function planServer(
  kind: ServerKind,
  { args = [], access, onDeath }: ServerOptions,
): Promise<BackingServer> {
  const { programs, morePorts = 0, plan }: ServerEntry = SERVERS[kind];
  const [program = ''] = programs.map(names => findProgram(...names));
  const port = await freePort();
  const others = await Promise.all(Array.from({ length: morePorts }, () => freePort()));
  // Outside the stack's folder, which the user that runs the server may have no right to enter.
  const folder = temporaryPath(`baton-${kind}-`);
  const place = { program, port, morePorts: others, folder, ...(access && { access }) };
  const { url, addresses, data, ...spec } = plan(place);
  const log = join(folder, `${kind}.log`);
  const command = [...spec.command, ...args] as const;
  const server = new ServerProcess({ name: kind, log, ...spec, folder, command, onDeath });
  const wipe = (): void => {
    if (server.running()) throw new Error(`cannot remove the data of ${kind} while it runs: stop it first`);
    rmSync(join(folder, data ?? ''), { recursive: true, force: true });
  };
  return Object.assign(server, { url, port, addresses, ...(data !== undefined && { wipe }) });
}
