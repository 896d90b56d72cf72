/** Contains the code that the local stack and the stack in containers share. */
import { randomBytes } from 'node:crypto';
import type { LogSource } from '../verify/client/logs.ts';
import { freePort, freePortFrom } from './ports.ts';
import type { ServerProcess } from './process.ts';
import type {
  Balancer,
  Instance,
  InstanceOptions,
  OnDeath,
  Stack,
  StackOptions,
  StoreServer,
} from './stack.ts';

const USUAL_PORT = 8080;

export const portOf = ({ port = USUAL_PORT }: StackOptions): Promise<number> =>
  port === 'any' ? freePort() : freePortFrom(port);

export const instancesOf = ({ instances = 2 }: StackOptions): readonly InstanceOptions[] =>
  typeof instances === 'number' ? Array.from({ length: instances }, () => ({})) : instances;

export class Deaths {
  /** Resolves when a process or container ends unexpectedly, with a description of how it ended. */
  readonly first: Promise<string>;
  readonly report: OnDeath;

  constructor(onDeath?: OnDeath) {
    const { promise, resolve } = Promise.withResolvers<string>();
    this.first = promise;
    this.report = description => {
      resolve(description);
      onDeath?.(description);
    };
  }
}

export interface NewInstance {
  name: string;
  port: number;
  /** `env` includes SESSION_SECRET, which all instances share. */
  own: InstanceOptions & { env: Record<string, string> };
}

export type OwnInstance = ServerProcess & Instance;

export abstract class BundledStack implements Stack {
  abstract readonly balancer: Balancer;
  abstract readonly store: StoreServer;
  abstract readonly servers: readonly StoreServer[];
  readonly url: string;
  readonly logs: LogSource[] = [];
  readonly died: Promise<string>;
  protected readonly deaths: Deaths;
  protected readonly options: StackOptions;
  protected readonly all: OwnInstance[] = [];
  #created = 0;
  #stopped: Promise<void> | undefined;
  readonly #secret = randomBytes(32).toString('hex');

  constructor(url: string, options: StackOptions, deaths: Deaths) {
    this.url = url;
    this.options = options;
    this.deaths = deaths;
    this.died = deaths.first;
  }

  protected abstract startAll(): Promise<void>;
  protected abstract stopAll(): Promise<void>;
  protected abstract prepare(planned: NewInstance): OwnInstance;

  protected abstract startAdded(instance: OwnInstance): Promise<void>;

  instances(): readonly Instance[] {
    return [...this.all];
  }

  /** Starts the stack. If the start fails or is aborted, stops everything and throws. */
  async begin(): Promise<this> {
    const { signal, onStep } = this.options;
    const giveUp = () => void this.stop();
    signal?.addEventListener('abort', giveUp);
    try {
      await this.startAll();
      onStep?.(`ready at ${this.url}`);
      return this;
    } catch (error) {
      await this.stop();
      throw signal?.aborted ? signal.reason : error;
    } finally {
      signal?.removeEventListener('abort', giveUp);
    }
  }

  async add(options: InstanceOptions = {}): Promise<Instance> {
    const instance = await this.create(options);
    try {
      await this.startAdded(instance);
      await this.balancer.register(instance);
    } catch (error) {
      await this.#forget(instance);
      throw error;
    }
    return instance;
  }

  async remove({ name }: Instance): Promise<void> {
    const instance = this.named(name);
    await this.balancer.deregister(instance);
    await this.#forget(instance);
  }

  stop(): Promise<void> {
    this.#stopped ??= this.stopAll();
    return this.#stopped;
  }

  protected isStopped(): boolean {
    return this.#stopped !== undefined;
  }

  protected async createAll(): Promise<OwnInstance[]> {
    const created: OwnInstance[] = [];
    for (const options of instancesOf(this.options)) created.push(await this.create(options));
    return created;
  }

  protected async create(options: InstanceOptions): Promise<OwnInstance> {
    const port = await freePort();
    if (this.isStopped()) throw new Error('the stack was stopped and starts no more instances');
    this.#created += 1;
    const SESSION_SECRET =
      this.options.env?.['SESSION_SECRET'] ?? (process.env['SESSION_SECRET'] || this.#secret);
    const own = { ...options, env: { SESSION_SECRET, ...options.env } };
    const instance = this.prepare({ name: `app-${this.#created}`, port, own });
    this.all.push(instance);
    return instance;
  }

  protected named(name: string): OwnInstance {
    const found = this.all.find(instance => instance.name === name);
    if (found !== undefined) return found;
    throw new Error(`expected the name of an instance of this stack, got ${JSON.stringify(name)}`);
  }

  /** Ends an instance and removes it from the stack, but keeps its log file. */
  async #forget(instance: OwnInstance): Promise<void> {
    await instance.dispose();
    this.all.splice(this.all.indexOf(instance), 1);
  }
}
