/** Runs Redis under Sentinel: a primary, two replicas, and three sentinels that promote a replica after a failure. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from './ports.ts';
import { ServerProcess } from './process.ts';
import { findProgram } from './programs.ts';
import { withRedis } from './redis-connection.ts';
import { RedisGroup } from './redis-group.ts';
import { type BackingServer, planServer, type ServerOptions } from './servers.ts';
import { until } from './wait.ts';
import { temporaryPath } from './watchdog.ts';

const SERVERS = 3;
const SENTINELS = 3;
const QUORUM = 2;
const DOWN_AFTER_MS = 1_500;
const PRIMARY_NAME = 'baton';

/** Prepares Redis servers and sentinels without starting them. Throws MissingProgramError if a program is missing. */
export async function planSentinelRedis(options: ServerOptions): Promise<BackingServer> {
  const servers = await Promise.all(Array.from({ length: SERVERS }, () => planServer('redis', options)));
  const ports = await Promise.all(Array.from({ length: SENTINELS }, () => freePort()));
  const [first] = servers as [BackingServer];
  const sentinels = ports.map((port, n) => sentinel(`sentinel-${n + 1}`, port, first.port, options));
  return new SentinelRedis(servers, sentinels, ports);
}

class SentinelRedis extends RedisGroup {
  readonly #sentinels: readonly ServerProcess[];
  readonly #ports: readonly number[];

  constructor(
    servers: readonly BackingServer[],
    sentinels: readonly ServerProcess[],
    ports: readonly number[],
  ) {
    const addresses = ports.map(port => `127.0.0.1:${port}`);
    super('sentinel', servers, { REDIS_SENTINELS: addresses.join(), REDIS_PRIMARY: PRIMARY_NAME });
    this.#sentinels = sentinels;
    this.#ports = ports;
  }

  override async start(): Promise<void> {
    await Promise.all(this.servers.map(server => server.start()));
    await this.inSync();
    await Promise.all(this.#sentinels.map(sentinel => sentinel.start()));
  }

  override async dispose(): Promise<void> {
    await Promise.all(this.#sentinels.map(sentinel => sentinel.dispose()));
    await super.dispose();
  }

  protected override leader(): Promise<BackingServer | undefined> {
    return withRedis(addressOf(this.#ports[0] ?? 0), async redis => {
      const [, port] = (await redis.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', PRIMARY_NAME)) as string[];
      return this.servers.find(server => server.port === Number(port));
    });
  }

  /** Does not wait until the sentinels know all servers, because this takes 10 s. */
  protected override async inSync(): Promise<void> {
    const what = 'one primary, and all others in sync with it';
    const settled = async () => {
      // Sentinels may replace the primary during the wait, so each check asks for the primary.
      if (this.fallen) this.primary = (await this.leader()) ?? this.primary;
      return this.#inLine();
    };
    await until(settled, { withinMs: 30_000, everyMs: 50, what });
  }

  async #inLine(): Promise<boolean> {
    const primary = this.primary;
    for (const server of this.servers.filter(one => one.running())) {
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
    name,
    folder,
    log: join(folder, 'sentinel.log'),
    onDeath,
    command: [findProgram('redis-server', 'valkey-server'), config, '--sentinel'],
    // A running sentinel overwrites its configuration file, so each start needs a new file.
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

/** Returns true if the sentinel knows all replicas and sentinels. Otherwise, it cannot replace the primary. */
function agrees(port: number): Promise<boolean> {
  return withRedis(addressOf(port), async redis => {
    const state = (await redis.call('SENTINEL', 'MASTER', PRIMARY_NAME)) as string[];
    const of = (name: string): number => Number(state[state.indexOf(name) + 1]);
    return of('num-slaves') === SERVERS - 1 && of('num-other-sentinels') === SENTINELS - 1;
  });
}
