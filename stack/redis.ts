/** Runs a Redis (or Valkey) server as a child process. */
import { mkdirSync, rmSync } from 'node:fs';
import { createConnection, type Socket } from 'node:net';
import { join } from 'node:path';
import { freePort } from './ports.ts';
import { ServerProcess } from './process.ts';
import { findProgram } from './programs.ts';
import { Hardening } from './redis-hardened.ts';
import type { Service } from './stack.ts';
import { makeFolder, removeFolder, temporaryPath } from './watchdog.ts';

export interface RedisOptions {
  /** Folder of the server's data and log, kept when the server stops. By default a temporary folder, removed then. */
  dir?: string;
  /** Arguments that override the default ones: `['--appendonly', 'no']`, `['--maxmemory', '10mb']` … */
  args?: readonly string[];
  /** A free port by default. */
  port?: number;
  /** Configures the server like managed services do: see redis-hardened.ts. */
  hardened?: boolean;
  /** Runs Valkey, even if Redis is installed too. */
  valkey?: boolean;
  /** Called with the exit status and the last output when the process ends unexpectedly. */
  onDeath?: (description: string) => void;
}

/** A Redis or Valkey server on 127.0.0.1. `restart` keeps address and data, even after `kill`. */
export interface RedisServer extends Service {
  /** `redis://127.0.0.1:PORT`. If hardened, `rediss://…` with user and password. */
  readonly url: string;
  /** If hardened, the file with the certificate that clients must trust. */
  readonly caFile: string | undefined;
  readonly port: number;
  /** Process id; undefined if it does not run. */
  readonly pid: number | undefined;
  /** Removes all data. Throws if the server runs. */
  wipe(): void;
  /** Stops the server quickly. It cannot be started again. */
  dispose(): Promise<void>;
}

/**
 * Starts redis-server, or valkey-server if only that is installed, and waits until the server replies to PING.
 * Throws MissingProgramError if neither is installed, and an error with the server's output if it does not start.
 */
export async function startRedis(options: RedisOptions = {}): Promise<RedisServer> {
  const redis = new RedisProcess({
    ...options,
    port: options.port ?? (await freePort()),
  });
  try {
    await redis.start();
  } catch (error) {
    await redis.dispose();
    throw error;
  }
  return redis;
}

/** Used by the stack, which needs the address before the server starts. The constructor throws MissingProgramError. */
export class RedisProcess extends ServerProcess implements RedisServer {
  readonly url: string;
  readonly port: number;
  readonly caFile: string | undefined;
  readonly #hardening: Hardening | undefined;
  readonly #dir: string;
  readonly #temporary: boolean;

  constructor(options: RedisOptions & { port: number }) {
    const { port } = options;
    const program = findProgram(...redisPrograms(options.valkey));
    const dir = options.dir ?? temporaryPath('baton-redis-');
    const hardening = options.hardened ? new Hardening(dir, port) : undefined;
    const dial = () => hardening?.connect() ?? createConnection({ host: '127.0.0.1', port, timeout: 1_000 });
    super({
      name: 'redis',
      command: [program, ...redisArguments(port, dir), ...(hardening?.args ?? []), ...(options.args ?? [])],
      env: process.env,
      log: join(dir, 'redis.log'),
      ready: () => answersPing(dial),
      ...(options.onDeath && { onDeath: options.onDeath }),
    });
    this.url = hardening?.url ?? `redis://127.0.0.1:${port}`;
    this.caFile = hardening?.caFile;
    this.#hardening = hardening;
    this.port = port;
    this.#dir = dir;
    this.#temporary = options.dir === undefined;
  }

  override async start(): Promise<void> {
    if (this.#temporary) makeFolder(this.#dir);
    else mkdirSync(this.#dir, { recursive: true });
    this.#hardening?.prepare();
    await super.start();
  }

  override async stop(): Promise<void> {
    await super.stop();
    this.#removeData();
  }

  override async dispose(): Promise<void> {
    await super.dispose();
    this.#removeData();
  }

  override async restart(): Promise<void> {
    await super.stop(); // `stop` of this class would remove the data.
    await this.start();
  }

  wipe(): void {
    if (this.running()) throw new Error('expected a redis that does not run, to remove its data');
    rmSync(join(this.#dir, 'appendonlydir'), { recursive: true, force: true });
  }

  #removeData(): void {
    if (this.#temporary) removeFolder(this.#dir);
  }
}

/** Returns the names of the server programs to look for, in order of preference. */
export function redisPrograms(valkey = false): string[] {
  return valkey ? ['valkey-server'] : ['redis-server', 'valkey-server'];
}

function redisArguments(port: number, dir: string): string[] {
  return [
    ...['--port', String(port), '--bind', '127.0.0.1', '--dir', dir, '--daemonize', 'no'],
    // The append-only file holds every acknowledged write, even after SIGKILL, so snapshots would add nothing. With
    // appendfsync's default, `everysec`, Redis may hold writes back for up to two seconds while the disk is slow.
    ...['--appendonly', 'yes', '--appendfsync', 'no', '--save', ''],
    // Starts to send data to a replica at once. By default, Redis waits for more replicas first.
    ...['--repl-diskless-sync-delay', '0'],
  ];
}

function answersPing(dial: () => Socket): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = dial();
    socket.write('PING\r\n'); // Node sends this after the connection is open.
    socket.on('data', answer => {
      socket.destroy();
      // A server that requires a password is ready too; a server that still loads its data (-LOADING) is not.
      resolve(/^(\+PONG|-NOAUTH)/.test(answer.toString('latin1')));
    });
    socket.on('timeout', () => socket.destroy(new Error('no reply to PING')));
    socket.on('error', reject);
    socket.on('close', () => resolve(false));
  });
}
