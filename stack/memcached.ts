/** Runs a memcached server as a child process. */
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { freePort } from './ports.ts';
import { ServerProcess } from './process.ts';
import { findProgram } from './programs.ts';
import type { Service } from './stack.ts';
import { makeFolder, removeFolder, temporaryPath } from './watchdog.ts';

export interface MemcachedOptions {
  /** Arguments that override the default ones: `['-m', '1']` … */
  args?: readonly string[];
  /** A free port by default. */
  port?: number;
  /** Called with the exit status and the last output when the process ends unexpectedly. */
  onDeath?: (description: string) => void;
}

/** A memcached server on 127.0.0.1. `restart` keeps the address, but the data is lost when the process ends. */
export interface MemcachedServer extends Service {
  /** `127.0.0.1:PORT` */
  readonly address: string;
  /** Stops the server quickly. It cannot be started again. */
  dispose(): Promise<void>;
}

/**
 * Starts memcached, and waits until it replies to `version`.
 * Throws MissingProgramError if memcached is not installed, and an error with its output if it does not start.
 */
export async function startMemcached(options: MemcachedOptions = {}): Promise<MemcachedServer> {
  const memcached = new MemcachedProcess({ ...options, port: options.port ?? (await freePort()) });
  try {
    await memcached.start();
  } catch (error) {
    await memcached.dispose();
    throw error;
  }
  return memcached;
}

/** Used by the stack, which needs the address before the server starts. The constructor throws MissingProgramError. */
export class MemcachedProcess extends ServerProcess implements MemcachedServer {
  readonly address: string;
  readonly port: number;
  readonly #folder: string;

  constructor(options: MemcachedOptions & { port: number }) {
    const { port } = options;
    const folder = temporaryPath('baton-memcached-');
    super({
      name: 'memcached',
      command: [findProgram('memcached'), ...memcachedArguments(port), ...(options.args ?? [])],
      env: process.env,
      log: join(folder, 'memcached.log'),
      ready: () => repliesToVersion(port),
      ...(options.onDeath && { onDeath: options.onDeath }),
    });
    this.address = `127.0.0.1:${port}`;
    this.port = port;
    this.#folder = folder;
  }

  override async start(): Promise<void> {
    makeFolder(this.#folder);
    await super.start();
  }

  override async dispose(): Promise<void> {
    await super.dispose();
    removeFolder(this.#folder);
  }
}

function memcachedArguments(port: number): string[] {
  // If started by root, memcached requires the option -u with a user. -U 0 turns UDP off.
  const user = process.getuid?.() === 0 ? ['-u', 'nobody'] : [];
  return ['-l', '127.0.0.1', '-p', String(port), '-U', '0', ...user];
}

function repliesToVersion(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ host: '127.0.0.1', port, timeout: 1_000 });
    socket.on('connect', () => socket.write('version\r\n'));
    socket.on('data', answer => {
      socket.destroy();
      resolve(answer.toString('latin1').startsWith('VERSION '));
    });
    socket.on('timeout', () => socket.destroy(new Error('no reply to "version"')));
    socket.on('error', reject);
    socket.on('close', () => resolve(false));
  });
}
