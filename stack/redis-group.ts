/** A session store of several Redis servers. `stop`, `kill` and `pause` act on the current primary. */
import type { BackingServer } from './servers.ts';
import { until } from './wait.ts';

/** Maximum time for a replica to become the primary, milliseconds. Usually it takes a few seconds. */
const REPLACED_MS = 30_000;

export abstract class RedisGroup implements BackingServer {
  readonly name = 'redis';
  readonly failover: NonNullable<BackingServer['failover']>;
  readonly addresses: Readonly<Record<string, string>>;
  protected readonly servers: readonly BackingServer[];
  protected primary: BackingServer;
  /** The server that was stopped, killed or paused last; undefined once all servers are in sync again. */
  protected fallen: BackingServer | undefined;

  /**
   * @param servers all servers; at the start, the first is the primary
   * @param addresses environment variables for instances, in addition to those of the primary
   */
  constructor(
    by: RedisGroup['failover']['by'],
    servers: readonly BackingServer[],
    addresses: Record<string, string>,
  ) {
    this.failover = { by, done: () => this.#replaced() };
    this.servers = servers;
    this.primary = servers[0] as BackingServer;
    this.addresses = { ...this.primary.addresses, ...addresses };
  }

  abstract start(): Promise<void>;
  protected abstract leader(): Promise<BackingServer | undefined>;
  protected abstract inSync(): Promise<void>;

  get url(): string {
    return this.primary.url;
  }

  get port(): number {
    return this.primary.port;
  }

  get pid(): number | undefined {
    return this.primary.pid;
  }

  running(): boolean {
    return this.primary.running();
  }

  async stop(): Promise<void> {
    await this.#fall().stop();
  }

  async kill(): Promise<void> {
    await this.#fall().kill();
  }

  async pause(): Promise<void> {
    await this.#fall().pause();
  }

  async resume(): Promise<void> {
    await (this.fallen ?? this.primary).resume();
    await this.#settle();
  }

  /** Restarts the server that was stopped, killed or paused last. It becomes a replica if there is a new primary. */
  async restart(): Promise<void> {
    await (this.fallen ?? this.primary).restart();
    await this.#settle();
  }

  async dispose(): Promise<void> {
    await Promise.all(this.servers.map(server => server.dispose()));
  }

  async #settle(): Promise<void> {
    await this.inSync();
    this.primary = (await this.leader()) ?? this.primary;
    this.fallen = undefined;
  }

  async #replaced(): Promise<void> {
    const replaced = async () => {
      const leader = await this.leader();
      if (leader === undefined || leader === this.fallen) return false;
      this.primary = leader;
      return true;
    };
    const what = `another primary (${this.failover.by})`;
    await until(replaced, { withinMs: REPLACED_MS, everyMs: 50, what });
  }

  #fall(): BackingServer {
    this.fallen = this.primary;
    return this.fallen;
  }
}
