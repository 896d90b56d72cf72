/** A store of several Redis servers. `stop`, `kill` and `pause` apply to the present primary. */
import type { BackingServer } from './servers.ts';

export abstract class RedisGroup implements BackingServer {
  readonly name = 'redis';
  abstract readonly failover: NonNullable<BackingServer['failover']>;
  abstract readonly addresses: Readonly<Record<string, string>>;
  protected primary: BackingServer;
  /** The server that was stopped, killed or paused last; undefined once all servers are in sync. */
  protected fallen: BackingServer | undefined;

  constructor(primary: BackingServer) {
    this.primary = primary;
  }

  abstract start(): Promise<void>;
  abstract dispose(): Promise<void>;
  /** Waits until each server has its role, and all replicas are in sync. */
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
    await this.settle();
  }

  /**
   * Restarts the server that was stopped, killed or paused last. If there is a new primary, this server becomes a
   * replica.
   */
  async restart(): Promise<void> {
    await (this.fallen ?? this.primary).restart();
    await this.settle();
  }

  protected async settle(): Promise<void> {
    await this.inSync();
    this.fallen = undefined;
  }

  #fall(): BackingServer {
    this.fallen = this.primary;
    return this.fallen;
  }
}
