/** The stack as local processes: redis-server, nginx and any number of instances. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { LocalInstance } from './instance.ts';
import { balancerLog, instanceLog } from './logs.ts';
import { Nginx, type NginxAdditions } from './nginx.ts';
import { freePort, freePortFrom } from './ports.ts';
import { requirePrograms } from './programs.ts';
import { RedisProcess, type RedisServer } from './redis.ts';
import type { Instance, InstanceOptions, LogSource, Stack, StackOptions } from './stack.ts';
import { makeFolder, removeFolder, temporaryPath } from './watchdog.ts';

const USUAL_PORT = 8080;

/** Something else that the instances use. */
export interface Beside {
  /** Added to the environment of all instances: where they find it. */
  env: Record<string, string>;
  stop(): Promise<void>;
}

/** What only the local runner takes. */
export interface LocalStackOptions extends StackOptions {
  nginx?: NginxAdditions;
  /** Starts what the instances need besides the store, once that is ready; stopped after the instances. */
  beside?: (store: RedisServer) => Promise<Beside>;
}

/**
 * Starts Redis, the instances and nginx, and waits until all are ready.
 * Throws MissingProgramError, naming all that is missing, or an error with the output of what did not start;
 * nothing is left running then. Nothing is left running either however this process ends.
 */
export async function startLocalStack(options: LocalStackOptions = {}): Promise<Stack> {
  requirePrograms(['redis-server', 'valkey-server'], ['nginx']);
  options.signal?.throwIfAborted();
  const { port = USUAL_PORT } = options;
  const stack = new LocalStack(options, {
    balancer: port === 'any' ? await freePort() : await freePortFrom(port),
    status: await freePort(),
    store: await freePort(),
  });
  const giveUp = () => void stack.stop();
  options.signal?.addEventListener('abort', giveUp);
  try {
    await stack.start();
    return stack;
  } catch (error) {
    await stack.stop();
    throw options.signal?.aborted ? options.signal.reason : error;
  } finally {
    options.signal?.removeEventListener('abort', giveUp);
  }
}

class LocalStack implements Stack {
  readonly url: string;
  readonly balancer: Nginx;
  readonly store: RedisProcess;
  readonly logs: LogSource[] = [];
  readonly died: Promise<string>;
  readonly #options: LocalStackOptions;
  readonly #dir: string;
  readonly #secret = randomBytes(32).toString('hex');
  readonly #instances: LocalInstance[] = [];
  /** Also of those that have gone: the balancer's log may still speak of them. */
  readonly #names = new Map<string, string>();
  readonly #onDeath: (description: string) => void;
  #beside: Beside | undefined;
  #stopped: Promise<void> | undefined;

  constructor(options: LocalStackOptions, ports: { balancer: number; status: number; store: number }) {
    const dir = temporaryPath('baton-stack-');
    makeFolder(dir);
    const { promise, resolve } = Promise.withResolvers<string>();
    this.died = promise;
    this.#onDeath = description => {
      resolve(description);
      options.onDeath?.(description);
    };
    this.#options = options;
    this.#dir = dir;
    const onDeath = this.#onDeath;
    this.store = new RedisProcess({
      dir: join(dir, 'redis'),
      port: ports.store,
      onDeath,
    });
    this.balancer = new Nginx({
      dir,
      port: ports.balancer,
      statusPort: ports.status,
      ...(options.nginx && { additions: options.nginx }),
      onDeath,
    });
    this.url = this.balancer.url;
    const nameOf = (address: string) => this.#names.get(address);
    this.logs.push(balancerLog('balancer', this.balancer.accessLog, nameOf));
  }

  instances(): readonly Instance[] {
    return [...this.#instances];
  }

  async start(): Promise<void> {
    const { instances = 2, onStep } = this.#options;
    const wanted = typeof instances === 'number' ? Array.from({ length: instances }, () => ({})) : instances;
    onStep?.('starting Redis');
    await this.store.start();
    this.#beside = await this.#options.beside?.(this.store);
    // Given up meanwhile: `stop` has not seen it.
    if (this.#stopped) await this.#beside?.stop();
    onStep?.(`starting ${wanted.length} instances`);
    // In order, though their ports are chosen one by one: app-1 is the first.
    const created: LocalInstance[] = [];
    for (const one of wanted) created.push(await this.#create(one));
    await Promise.all(created.map(instance => instance.start()));
    onStep?.('starting nginx');
    await this.balancer.registerAll(created);
    await this.balancer.start();
    onStep?.(`ready at ${this.url}`);
  }

  async add(options: InstanceOptions = {}): Promise<Instance> {
    const instance = await this.#create(options);
    try {
      await instance.start();
      await this.balancer.register(instance);
    } catch (error) {
      await this.#forget(instance);
      throw error;
    }
    return instance;
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #create(options: InstanceOptions): Promise<LocalInstance> {
    const port = await freePort();
    if (this.#stopped) throw new Error('the stack was stopped and starts no more instances');
    const name = `app-${this.#names.size + 1}`;
    const log = join(this.#dir, `${name}.log`);
    const instance = new LocalInstance({
      name,
      port,
      log,
      redisUrl: this.store.url,
      secret: this.#secret,
      onDeath: this.#onDeath,
      env: { ...this.#options.env, ...this.#beside?.env, ...options.env },
      ...(options.command && { command: options.command }),
    });
    this.#names.set(new URL(instance.url).host, name);
    this.#instances.push(instance);
    this.logs.push(instanceLog(name, log));
    return instance;
  }

  /** One that could not be added is no part of the stack; its log stays, for those who already follow it. */
  async #forget(instance: LocalInstance): Promise<void> {
    await instance.dispose();
    this.#instances.splice(this.#instances.indexOf(instance), 1);
  }

  async #stop(): Promise<void> {
    // Against the flow of requests, so that none arrives where nobody is left.
    await this.balancer.dispose();
    await Promise.all(this.#instances.map(instance => instance.dispose()));
    await this.#beside?.stop();
    await this.store.dispose();
    removeFolder(this.#dir);
  }
}
