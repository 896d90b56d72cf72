/**
 * Code that all balancers of the local stack share. It changes which instances get requests, without losing a request.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Changes } from './changes.ts';
import { ServerProcess, type ServerSpec } from './process.ts';
import type { Balancer, OnDeath, Routed } from './stack.ts';
import { until } from './wait.ts';

export interface BalancerPlace {
  /** Port to listen on, on 127.0.0.1. */
  port: number;
  /** Folder for the balancer's configuration, temporary files and logs. Must exist. */
  dir: string;
  onDeath?: OnDeath;
}

/** Process ids of a balancer's worker processes. */
export interface Workers {
  /** The worker processes that accept new connections. */
  serving: number[];
  /** The worker processes that no longer accept connections after a reload, but may still have requests in flight. */
  retired: number[];
}

export interface BalancerSpec
  extends Pick<ServerSpec, 'command' | 'log' | 'ready' | 'stopSignal' | 'stopMs' | 'onDeath'> {
  url: string;
  /**
   * Path of the balancer's log, which has one line for each request. The configuration's template in deploy/ defines
   * the format.
   */
  accessLog: string;
  /** Command that checks the configuration. It fails with a message if the configuration is invalid. */
  check: readonly [string, ...string[]];
  /** Signal that makes the balancer read its configuration again and replace its workers. */
  reloadSignal: NodeJS.Signals;
  /** Number of the balancer's worker processes. */
  workers: number;
  /** Maximum time for which a request in flight can continue after a reload, milliseconds. */
  inFlightMs: number;
  /** True if the balancer pins each visitor to an instance, and can reset this by `forget`. */
  pins: boolean;
}

/** A balancer that runs as a local process. After `dispose` it cannot be started again. */
export abstract class BalancerProcess extends ServerProcess implements Balancer {
  readonly url: string;
  readonly accessLog: string;
  readonly forget?: () => Promise<void>;
  /** The instances that get requests, by name. `url` is the address at which the balancer reaches the instance. */
  protected readonly routed = new Map<string, Routed>();
  /** Number of times that `forget` has reset the pinning of visitors to instances. */
  protected forgotten = 0;
  /**
   * Time without a response after which the balancer also sends a request to another instance, milliseconds. undefined
   * if it never does.
   */
  protected repeatMs: number | undefined;
  protected readonly changes = new Changes();
  protected readonly balancer: BalancerSpec;

  constructor(spec: BalancerSpec) {
    super({ ...spec, name: 'balancer' });
    this.balancer = spec;
    this.url = spec.url;
    this.accessLog = spec.accessLog;
    if (spec.pins)
      this.forget = () =>
        this.#change(() => {
          this.forgotten += 1;
        });
  }

  /** Writes the balancer's configuration files. */
  protected abstract write(): void;
  protected abstract workers(): Promise<Workers>;

  /** @param via the address at which the balancer reaches the instance, if a proxy is between them */
  register(instance: Routed, via = instance.url): Promise<void> {
    return this.#change(() => this.routed.set(instance.name, { name: instance.name, url: via }));
  }

  /** Registers several instances with one reload. If the balancer has not started yet, no reload is needed. */
  registerAll(instances: readonly Routed[]): Promise<void> {
    return this.#change(() => {
      for (const { name, url } of instances) this.routed.set(name, { name, url });
    });
  }

  /** Removes an instance, and waits for its requests in flight. Other changes can run during this wait. */
  async deregister(instance: Routed): Promise<void> {
    const before = await this.changes.run(() => this.retire(instance));
    await until(() => this.hasDrained(instance, before), {
      withinMs: this.balancer.inFlightMs,
      everyMs: 50,
      what: `the requests in flight to ${instance.name} to end`,
    });
  }

  reload(): Promise<void> {
    return this.changes.run(() => this.#apply());
  }

  repeat(afterMs: number | undefined): Promise<void> {
    return this.#change(() => {
      this.repeatMs = afterMs;
    });
  }

  /** Ends the balancer. Also ends a configuration change that is in progress, so that no file is written afterwards. */
  override async dispose(): Promise<void> {
    const changed = this.changes.end();
    await super.dispose();
    await changed;
  }

  /**
   * Makes the balancer send the instance no new requests.
   *
   * @returns the workers that may have requests in flight to the instance
   */
  protected async retire({ name }: Routed): Promise<number[]> {
    this.routed.delete(name);
    this.write();
    if (!this.running()) return [];
    const { serving, retired } = await this.workers();
    await this.#apply();
    return [...serving, ...retired];
  }

  /**
   * Returns true once no request to a removed instance is in flight.
   *
   * @param before the workers that had requests in flight to the instance when it was removed
   */
  protected async hasDrained(_instance: Routed, before: readonly number[]): Promise<boolean> {
    const { serving, retired } = await this.workers();
    return ![...serving, ...retired].some(worker => before.includes(worker));
  }

  /** Makes the balancer read its configuration again. Resolves once all new connections are accepted by new workers. */
  protected async replaceWorkers(): Promise<void> {
    const before = (await this.workers()).serving;
    this.signal(this.balancer.reloadSignal);
    const replaced = async () => {
      const { serving } = await this.workers();
      return serving.length >= this.balancer.workers && !serving.some(worker => before.includes(worker));
    };
    await until(replaced, {
      withinMs: 10_000,
      everyMs: 10,
      what: 'the balancer to take up its new configuration',
      signal: this.changes.signal,
    });
  }

  /** Changes the configuration. A running balancer is reloaded; otherwise the change takes effect at the next start. */
  #change(edit: () => unknown): Promise<void> {
    return this.changes.run(async () => {
      edit();
      this.write();
      if (this.running()) await this.#apply();
    });
  }

  /**
   * Throws if the configuration is invalid. Without this check, the balancer would keep the old configuration, and
   * report the error only in its log.
   */
  async #apply(): Promise<void> {
    const [program, ...args] = this.balancer.check;
    await promisify(execFile)(program, args).catch((error: Error) => {
      throw new Error(`the balancer refuses its configuration: ${error.message}`);
    });
    await this.replaceWorkers();
  }
}
