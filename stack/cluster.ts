import type { Redis } from 'ioredis';
import { freePort } from './ports.ts';
import { withRedis } from './redis-connection.ts';
import { RedisGroup } from './redis-group.ts';
import { Access } from './redis-hardened.ts';
import { type BackingServer, planServer, type ServerOptions } from './servers.ts';
import { until } from './wait.ts';
import { makeFolder, removeFolder, temporaryPath } from './watchdog.ts';

const PRIMARIES = 3;
const SLOTS = 16_384;
/** Number of hash slots of each primary. */
const SHARE = Math.ceil(SLOTS / PRIMARIES);
const HOST = 'localhost';
const DOWN_AFTER_MS = 1_500;
const SETTLE = { withinMs: 30_000, everyMs: 50 };

const SETTINGS = [
  ...['--cluster-enabled', 'yes', '--tls-cluster', 'yes', '--cluster-node-timeout', String(DOWN_AFTER_MS)],
  ...['--cluster-announce-hostname', HOST, '--cluster-preferred-endpoint-type', 'hostname'],
  // Keeps the cluster available while one primary is down, as ElastiCache does.
  ...['--cluster-require-full-coverage', 'no'],
];

interface Member {
  readonly server: BackingServer;
  readonly busPort: number;
}

/** Prepares the cluster without starting it. Throws MissingProgramError if a program is not installed. */
export async function planClusterRedis({ args = [], ...options }: ServerOptions): Promise<BackingServer> {
  const folder = temporaryPath('baton-cluster-');
  const access = new Access(folder, HOST);
  const members: Member[] = [];
  for (let n = 1; n <= 2 * PRIMARIES; n++) {
    const busPort = await freePort();
    const own = [...SETTINGS, '--cluster-port', String(busPort), ...args];
    members.push({ server: await planServer('hardened', { ...options, access, args: own }), busPort });
  }
  return new ClusterRedis(members, access, folder);
}

class ClusterRedis extends RedisGroup {
  readonly #members: readonly Member[];
  readonly #access: Access;
  readonly #folder: string;

  constructor(members: readonly Member[], access: Access, folder: string) {
    const servers = members.map(({ server }) => server);
    super('cluster', servers, { REDIS_CLUSTER: servers.map(({ port }) => `${HOST}:${port}`).join() });
    this.#members = members;
    this.#access = access;
    this.#folder = folder;
  }

  override async start(): Promise<void> {
    makeFolder(this.#folder);
    this.#access.prepare();
    await Promise.all(this.servers.map(server => server.start()));
    const primaries = this.#members.slice(0, PRIMARIES);
    const ids = await Promise.all(primaries.map((member, n) => this.#found(member, n)));
    await Promise.all(this.servers.slice(PRIMARIES).map((server, n) => this.#follow(server, ids[n] ?? '')));
    await this.inSync();
    this.primary = (await this.leader()) ?? this.primary;
  }

  override async dispose(): Promise<void> {
    await super.dispose();
    removeFolder(this.#folder);
  }

  #found({ server }: Member, n: number): Promise<string> {
    return this.#ask(server, async redis => {
      await redis.call('CLUSTER', 'ADDSLOTSRANGE', n * SHARE, Math.min((n + 1) * SHARE, SLOTS) - 1);
      await redis.call('CLUSTER', 'SET-CONFIG-EPOCH', n + 1);
      for (const { server, busPort } of this.#members)
        await redis.call('CLUSTER', 'MEET', '127.0.0.1', server.port, busPort);
      return String(await redis.call('CLUSTER', 'MYID'));
    });
  }

  #follow(server: BackingServer, primary: string): Promise<void> {
    const replicates = () =>
      this.#ask(server, async redis => (await redis.call('CLUSTER', 'REPLICATE', primary)) === 'OK');
    return until(replicates, { ...SETTLE, what: `the Redis on port ${server.port} to become a replica` });
  }

  protected override async inSync(): Promise<void> {
    const whole = async () =>
      (await Promise.all(this.servers.map(server => this.#fits(server)))).every(Boolean);
    await until(whole, { ...SETTLE, what: 'three primaries, and all replicas in sync' });
  }

  #fits(server: BackingServer): Promise<boolean> {
    return this.#ask(server, async redis => {
      const state = String(await redis.call('CLUSTER', 'INFO'));
      const complete = `cluster_slots_ok:${SLOTS}\r\n`;
      if (!state.includes('cluster_state:ok') || !state.includes(complete)) return false;
      const replication = await redis.info('replication');
      if (/role:slave/.test(replication)) return /master_link_status:up/.test(replication);
      return /connected_slaves:1\r/.test(replication);
    });
  }

  protected override async leader(): Promise<BackingServer | undefined> {
    const other = this.servers.find(server => server !== this.fallen);
    if (other === undefined) return undefined;
    const port = await this.#ask(other, async redis => {
      const slot = Number(await redis.call('CLUSTER', 'KEYSLOT', '{shop}'));
      const ranges = (await redis.call('CLUSTER', 'SLOTS')) as [number, number, [string, number]][];
      return ranges.find(([first, last]) => first <= slot && slot <= last)?.[2][1];
    });
    return this.servers.find(server => server.port === port);
  }

  #ask<T>({ port }: BackingServer, act: (redis: Redis) => Promise<T>): Promise<T> {
    return withRedis(`rediss://${HOST}:${port}`, act, this.#access.operator());
  }
}
