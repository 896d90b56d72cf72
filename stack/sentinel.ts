/** Runs Redis under Sentinel: a primary, two replicas, and three sentinels that promote a replica. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Redis } from 'ioredis';
import { freePort } from './ports.ts';
import { ServerProcess } from './process.ts';
import { findProgram } from './programs.ts';
import { openRedis, withRedis } from './redis-connection.ts';
import { RedisGroup } from './redis-group.ts';
import { type BackingServer, planServer, type ServerOptions } from './servers.ts';
import { until } from './wait.ts';
import { temporaryPath } from './watchdog.ts';

const SERVERS = 3;
const SENTINELS = 3;
/** Number of sentinels that must agree that the primary is down. */
const QUORUM = 2;
/** Time without a reply after which a sentinel considers the primary down, milliseconds. */
const DOWN_AFTER_MS = 1_500;
/** Time limit for the replacement of a primary, milliseconds. Usually it takes a few seconds. */
const REPLACED_MS = 20_000;
/** The sentinels' name for the primary and its replicas. */
const PRIMARY_NAME = 'baton';

/** Prepares Redis servers and sentinels and chooses their ports, but starts nothing. Throws MissingProgramError. */
export async function planSentinelRedis(options: ServerOptions): Promise<BackingServer> {
  const servers: BackingServer[] = [];
  for (let n = 1; n <= SERVERS; n++) servers.push(await planServer('redis', options));
  const ports: number[] = [];
  for (let n = 1; n <= SENTINELS; n++) ports.push(await freePort());
  const [first] = servers as [BackingServer];
  const sentinels = ports.map((port, n) => sentinel(`sentinel-${n + 1}`, port, first.port, options));
  return new SentinelRedis(servers, sentinels, ports);
}

class SentinelRedis extends RedisGroup {
  override readonly failover = { by: 'sentinel', done: () => this.#replaced() } as const;
  override readonly addresses: Readonly<Record<string, string>>;
  readonly #servers: readonly BackingServer[];
  readonly #sentinels: readonly ServerProcess[];
  readonly #ports: readonly number[];
  #following: Redis | undefined;

  constructor(
    servers: readonly BackingServer[],
    sentinels: readonly ServerProcess[],
    ports: readonly number[],
  ) {
    super(servers[0] as BackingServer);
    this.#servers = servers;
    this.#sentinels = sentinels;
    this.#ports = ports;
    const sentinelAddresses = ports.map(port => `127.0.0.1:${port}`);
    this.addresses = {
      ...this.primary.addresses,
      ...{ REDIS_SENTINELS: sentinelAddresses.join(), REDIS_PRIMARY: PRIMARY_NAME },
    };
  }

  override async start(): Promise<void> {
    await Promise.all(this.#servers.map(server => server.start()));
    await this.settle();
    await Promise.all(this.#sentinels.map(sentinel => sentinel.start()));
    await this.#follow();
  }

  override async dispose(): Promise<void> {
    this.#following?.disconnect();
    await Promise.all(this.#sentinels.map(sentinel => sentinel.dispose()));
    await Promise.all(this.#servers.map(server => server.dispose()));
  }

  #replaced(): Promise<void> {
    const what = 'Sentinel to replace the primary';
    return until(() => this.primary !== this.fallen, { withinMs: REPLACED_MS, what });
  }

  /** Subscribes to a sentinel's events, and updates the primary when another server is promoted. */
  async #follow(): Promise<void> {
    const following = await openRedis(addressOf(this.#ports[0] ?? 0));
    this.#following = following;
    following.on('message', (_, message: string) => {
      const port = Number(message.split(' ').at(-1));
      this.primary = this.#servers.find(server => server.port === port) ?? this.primary;
    });
    await following.subscribe('+switch-master');
  }

  /**
   * Waits until all servers replicate from the primary. Does not wait for the sentinels, which need ten seconds for
   * that.
   */
  protected override async inSync(): Promise<void> {
    const what = 'one primary, and all others in sync with it';
    await until(() => this.#inLine(), { withinMs: 30_000, everyMs: 50, what });
  }

  /**
   * Returns whether each running server is the primary or replicates from it. Reconfigures the first one that does not.
   */
  async #inLine(): Promise<boolean> {
    const primary = this.primary;
    for (const server of this.#servers.filter(one => one.running())) {
      const done = await withRedis(server.url, async redis => {
        const state = await redis.info('replication');
        const leads = /role:master/.test(state);
        if (server === primary && leads) return true;
        if (server === primary) await redis.replicaof('NO', 'ONE');
        else if (leads || !state.includes(`master_port:${primary.port}`))
          await redis.replicaof('127.0.0.1', primary.port);
        else return /master_link_status:up/.test(state);
        return false;
      });
      if (!done) return false;
    }
    return true;
  }
}

function sentinel(name: string, port: number, primary: number, { onDeath }: ServerOptions): ServerProcess {
  const folder = temporaryPath(`baton-${name}-`);
  const config = join(folder, 'sentinel.conf');
  return new ServerProcess({
    ...{ name, folder, log: join(folder, 'sentinel.log'), onDeath },
    command: [findProgram('redis-server', 'valkey-server'), config, '--sentinel'],
    // A sentinel changes this file while it runs, so each start writes the file anew.
    prepare: () => writeFileSync(config, configuration(port, folder, primary)),
    ready: () => agrees(port),
  });
}

const addressOf = (port: number): string => `redis://127.0.0.1:${port}`;

const configuration = (port: number, folder: string, primary: number): string =>
  `port ${port}
bind 127.0.0.1
dir ${folder}
sentinel monitor ${PRIMARY_NAME} 127.0.0.1 ${primary} ${QUORUM}
sentinel down-after-milliseconds ${PRIMARY_NAME} ${DOWN_AFTER_MS}
sentinel failover-timeout ${PRIMARY_NAME} 5000
sentinel parallel-syncs ${PRIMARY_NAME} ${SERVERS - 1}
`;

/**
 * Returns whether a sentinel knows all replicas and all other sentinels. Only then can the sentinels replace the
 * primary.
 */
function agrees(port: number): Promise<boolean> {
  return withRedis(addressOf(port), async redis => {
    const state = (await redis.call('SENTINEL', 'MASTER', PRIMARY_NAME)) as string[];
    const of = (name: string): number => Number(state[state.indexOf(name) + 1]);
    return of('num-slaves') === SERVERS - 1 && of('num-other-sentinels') === SENTINELS - 1;
  });
}
