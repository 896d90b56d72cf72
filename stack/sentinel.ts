/**
 * Runs Redis under Sentinel: a primary, two replicas, and three sentinels that promote a replica when the primary
 * dies.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { freePort } from './ports.ts';
import { ServerProcess } from './process.ts';
import { findProgram } from './programs.ts';
import { RedisProcess, type RedisServer, redisPrograms } from './redis.ts';
import { until } from './wait.ts';

const SERVERS = 3;
const SENTINELS = 3;
/** Number of sentinels that must agree that the primary is down. */
const QUORUM = 2;
/** Time without a reply after which a sentinel considers the primary down, milliseconds. */
const DOWN_AFTER_MS = 1_500;
/** The sentinels' name for the primary and its replicas. */
export const PRIMARY_NAME = 'baton';
const SETTLED = { withinMs: 30_000, everyMs: 50 };

export interface SentinelOptions {
  /** Folder in which each process creates a subfolder. */
  dir: string;
  /** Arguments that override the default ones of each server. */
  args: readonly string[];
  /** Called with the exit status and the last output when a process ends unexpectedly. */
  onDeath: (description: string) => void;
}

/** Prepares the processes and chooses their ports, but starts nothing. Throws MissingProgramError. */
export async function planSentinelRedis({ dir, args, onDeath }: SentinelOptions): Promise<SentinelRedis> {
  const servers: RedisProcess[] = [];
  for (let n = 1; n <= SERVERS; n++)
    servers.push(new RedisProcess({ dir: join(dir, `redis-${n}`), port: await freePort(), args, onDeath }));
  const [first] = servers as [RedisProcess];
  const sentinels: SentinelProcess[] = [];
  for (let n = 1; n <= SENTINELS; n++) {
    const options = { dir: join(dir, `sentinel-${n}`), port: await freePort(), primary: first.port };
    sentinels.push(new SentinelProcess({ name: `sentinel-${n}`, ...options, onDeath }));
  }
  return new SentinelRedis(servers, sentinels);
}

/**
 * The primary and its replicas as one store. Every operation applies to the server that is the primary at that time.
 */
export class SentinelRedis implements RedisServer {
  readonly name = 'redis';
  readonly caFile = undefined;
  /** HOST:PORT of each sentinel. */
  readonly sentinels: readonly string[];
  readonly #servers: readonly RedisProcess[];
  readonly #sentinels: readonly SentinelProcess[];
  #primary: RedisProcess;
  /** The server that was stopped, killed or paused last. */
  #fallen: RedisProcess | undefined;
  #following: Redis | undefined;

  constructor(servers: readonly RedisProcess[], sentinels: readonly SentinelProcess[]) {
    this.#servers = servers;
    this.#sentinels = sentinels;
    this.#primary = servers[0] as RedisProcess;
    this.sentinels = sentinels.map(({ port }) => `127.0.0.1:${port}`);
  }

  get url(): string {
    return this.#primary.url;
  }

  get port(): number {
    return this.#primary.port;
  }

  get pid(): number | undefined {
    return this.#primary.pid;
  }

  running(): boolean {
    return this.#primary.running();
  }

  async start(): Promise<void> {
    await Promise.all(this.#servers.map(server => server.start()));
    await this.#settle();
    await Promise.all(this.#sentinels.map(sentinel => sentinel.start()));
    await this.#follow();
  }

  async stop(): Promise<void> {
    await this.#down(server => server.stop());
  }

  async kill(): Promise<void> {
    await this.#down(server => server.kill());
  }

  async pause(): Promise<void> {
    await this.#down(server => server.pause());
  }

  async resume(): Promise<void> {
    await (this.#fallen ?? this.#primary).resume();
    await this.#settle();
  }

  /** Restarts the server that was stopped, killed or paused last. It becomes a replica if there is a new primary. */
  async restart(): Promise<void> {
    await (this.#fallen ?? this.#primary).restart();
    await this.#settle();
  }

  wipe(): void {
    for (const server of this.#servers) server.wipe();
  }

  async dispose(): Promise<void> {
    this.#following?.disconnect();
    await Promise.all(this.#sentinels.map(sentinel => sentinel.dispose()));
    await Promise.all(this.#servers.map(server => server.dispose()));
  }

  async #down(act: (server: RedisProcess) => Promise<void>): Promise<void> {
    this.#fallen = this.#primary;
    await act(this.#fallen);
  }

  /** Subscribes to a sentinel's events, and updates the primary when another server is promoted. */
  async #follow(): Promise<void> {
    const following = connection(this.#sentinels[0]?.port ?? 0);
    this.#following = following;
    following.on('message', (_, message: string) => {
      const port = Number(message.split(' ').at(-1));
      this.#primary = this.#servers.find(server => server.port === port) ?? this.#primary;
    });
    await following.subscribe('+switch-master');
  }

  /**
   * If a restarted server acts as a primary, makes it a replica of the current primary. The sentinels would do so too,
   * but only after ten seconds.
   */
  async #settle(): Promise<void> {
    const inLine = async (): Promise<boolean> => {
      const primary = this.#primary;
      for (const server of this.#servers.filter(one => one.running())) {
        const redis = connection(server.port);
        try {
          const state = await redis.info('replication');
          const leads = /role:master/.test(state);
          if (server === primary && leads) continue;
          if (server === primary) await redis.replicaof('NO', 'ONE');
          else if (leads || !state.includes(`master_port:${primary.port}`))
            await redis.replicaof('127.0.0.1', primary.port);
          else if (/master_link_status:up/.test(state)) continue;
          return false;
        } finally {
          redis.disconnect();
        }
      }
      this.#fallen = undefined;
      return true;
    };
    await until(inLine, { ...SETTLED, what: 'one primary, and all others in sync with it' });
  }
}

class SentinelProcess extends ServerProcess {
  readonly port: number;
  readonly #write: () => void;

  constructor(options: {
    name: string;
    dir: string;
    port: number;
    primary: number;
    onDeath: (description: string) => void;
  }) {
    const { name, dir, port, primary, onDeath } = options;
    mkdirSync(dir, { recursive: true });
    const config = join(dir, 'sentinel.conf');
    super({
      name,
      command: [findProgram(...redisPrograms()), config, '--sentinel'],
      env: process.env,
      log: join(dir, 'sentinel.log'),
      ready: () => agrees(port),
      onDeath,
    });
    this.port = port;
    this.#write = () => writeFileSync(config, configuration(port, dir, primary));
  }

  override async start(): Promise<void> {
    this.#write(); // The sentinel changes this file while it runs.
    await super.start();
  }
}

const configuration = (port: number, dir: string, primary: number): string =>
  [
    `port ${port}`,
    'bind 127.0.0.1',
    `dir ${dir}`,
    `sentinel monitor ${PRIMARY_NAME} 127.0.0.1 ${primary} ${QUORUM}`,
    `sentinel down-after-milliseconds ${PRIMARY_NAME} ${DOWN_AFTER_MS}`,
    `sentinel failover-timeout ${PRIMARY_NAME} 5000`,
    `sentinel parallel-syncs ${PRIMARY_NAME} ${SERVERS - 1}`,
    '',
  ].join('\n');

/** Returns whether a sentinel knows all replicas and all other sentinels. Only then can they replace the primary. */
async function agrees(port: number): Promise<boolean> {
  const redis = connection(port);
  try {
    const state = (await redis.call('SENTINEL', 'MASTER', PRIMARY_NAME)) as string[];
    const of = (name: string): number => Number(state[state.indexOf(name) + 1]);
    return of('num-slaves') === SERVERS - 1 && of('num-other-sentinels') === SENTINELS - 1;
  } finally {
    redis.disconnect();
  }
}

function connection(port: number): Redis {
  const redis = new Redis(port, '127.0.0.1', {
    enableReadyCheck: false,
    commandTimeout: 2_000,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  redis.on('error', () => {}); // The pending command rejects with the error.
  return redis;
}
